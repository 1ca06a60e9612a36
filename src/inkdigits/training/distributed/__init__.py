"""Training in several processes: starting them, and their cluster."""
