"""Export: a trained Keras model in, a calibrated packed model out. Needs TensorFlow."""
