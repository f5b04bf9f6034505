"""Verify deep-learning environments: plan a version matrix, probe it, compare, explain the drift."""

__version__ = "0.1.0"
