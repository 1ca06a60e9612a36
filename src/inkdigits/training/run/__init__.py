"""A run: the folder that a training writes, its checkpoints, and the session that fills it."""
