"""Handwriting made by drawing: pen strokes of digits and other signs, and the pens that draw them."""
