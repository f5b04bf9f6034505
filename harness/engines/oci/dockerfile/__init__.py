"""A Dockerfile's way to an image on a container engine: its images resolved, a builder chosen,
built, and what the builder leaves removed.

Never here: reading Dockerfiles and contexts, what they may ask for, judging.
"""
