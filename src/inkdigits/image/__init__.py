"""Pictures: from anything a user has to the glyph that a model sees. No models, no TensorFlow."""
