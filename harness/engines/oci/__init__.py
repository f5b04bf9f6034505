"""What container engines share: connection, bases, images, containers, sweeping.

Never here: what differs between them, which is a row of `capabilities`, and judging.
"""

LABEL = "harness"
"""Prefix of every label and name we give. Labels are inherited: alone they prove nothing."""
