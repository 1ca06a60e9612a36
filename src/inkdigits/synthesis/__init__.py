"""Synthesis: handwriting made by drawing, put on simulated pages and prepared like a user's picture."""
