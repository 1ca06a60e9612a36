"""Packed models: a folder with `model.tflite` and `card.json` in, probabilities out. No TensorFlow."""
