"""What container engines share: connection, bases, images, containers, sweeping."""

LABEL = "harness"
"""Prefix of every label we set; the sweep looks for nothing else."""
