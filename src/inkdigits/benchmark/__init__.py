"""Measurements of training on the user's own machine: what parallelizing is worth here."""
