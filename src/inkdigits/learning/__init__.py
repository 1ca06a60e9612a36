"""The learning wing: recipes, networks, the trainer, runs and packing. Needs TensorFlow, but for `recipes`."""
