"""Robustness: corruptions, perturbations, attacks and out-of-distribution inputs, and a study of them all."""
