"""Probes that run outside: their implementation on the host, working on started containers.

A suite's own probe of this kind begins with `harness.outside.cell.here(settings)`. Never here:
judging, storing, and what runs inside of images.
"""
