"""Training: recipes, networks and the compiled loop. Needs TensorFlow, except `recipe` and `recipes`."""
