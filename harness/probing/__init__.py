"""Probe files, their metadata, what is asked of an environment and how its answers are read.

Never here: starting a container or a process, and judging an answer.
"""
