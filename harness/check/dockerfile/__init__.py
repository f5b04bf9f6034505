"""Find what is known to be wrong with a Dockerfile, without building it.

Never here: a builder, a registry, reading files.
"""
