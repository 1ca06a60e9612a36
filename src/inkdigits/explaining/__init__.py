"""Explanations: why a picture was read as it was, as values, as text and as one sheet."""
