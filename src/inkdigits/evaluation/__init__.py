"""Evaluation: labels and probabilities in, numbers out. Arrays only; no TensorFlow, no pictures."""
