"""The shared implementation of the container engines: connection, bases, images, containers, and
sweeping.

Never here: what differs between them, which is a row of `capabilities`, and judging.
"""

LABEL = "harness"
"""Prefix of all our labels and names. Labels are inherited, so alone they prove nothing."""
