"""Pixels: from any picture to gray, ink and the glyph that a model sees. No models, no TensorFlow."""
