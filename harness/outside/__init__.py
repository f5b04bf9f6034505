"""Probes from outside: what stands behind those that run on the host, against started containers.

A probe of a suite's own begins with `harness.outside.cell.here(settings)`. Never here: judging,
storing, and what runs inside of images.
"""
