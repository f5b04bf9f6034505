"""Verify deep-learning environments: a version matrix, probed, compared, its drift explained."""

__version__ = "0.1.0"
