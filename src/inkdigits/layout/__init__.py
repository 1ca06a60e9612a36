"""Layout: where the writing is. Ink in, candidates for one digit out. No models, no files."""
