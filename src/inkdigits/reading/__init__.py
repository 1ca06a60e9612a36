"""The reading wing: pictures in, readings out. No TensorFlow."""
