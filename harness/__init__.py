"""Verify deep-learning environments: a version matrix, probed, compared, its drift explained."""

__version__ = "0.1.0"

PROJECT_URL = "https://example.org/harness"
"""Where the repository lies: the package page, the site and `harness docs` have it from here alone.
Whoever publishes the project writes it here; the release workflow refuses any other."""
