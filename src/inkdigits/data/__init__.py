"""Labeled glyphs: MNIST, your own files and folders, splits, contact sheets and exports."""
