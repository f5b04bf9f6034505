"""Verify deep-learning environments: a version matrix, probed, compared, its drift explained."""

__version__ = "0.1.0"

PROJECT_URL = "https://example.org/harness"
"""The repository's address. The package page, the site and `harness docs` all take it from here.
Whoever publishes the project sets it here; the release workflow refuses any other."""
