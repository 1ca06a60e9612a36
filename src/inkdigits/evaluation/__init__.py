"""Evaluation: labels and probabilities in, metrics, plots and a report out. Arrays only, no TensorFlow."""
