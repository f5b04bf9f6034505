"""Builds an image from a Dockerfile on a container engine: resolves the images it names, chooses a
builder, builds, and removes what the builder leaves.

Never here: reading Dockerfiles and contexts, what they may ask for, judging.
"""
