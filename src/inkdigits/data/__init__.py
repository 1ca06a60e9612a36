"""Labelled glyphs: MNIST, files and folders of one's own, and what is split off, drawn and exported of them."""
