"""Benchmarks: algorithms and ways of training, each measured in a process of its own."""
