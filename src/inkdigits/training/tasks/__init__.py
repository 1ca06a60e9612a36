"""Tasks: what a network reads and how it is scored, one module each."""
