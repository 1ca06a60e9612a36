"""The bridge between the wings: the packed model, a folder with `model.tflite` and `card.json`. No TensorFlow."""
