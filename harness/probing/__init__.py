"""Probe files and their metadata, the questions to an environment, and reading its answers.

Never here: starting a container or a process, and judging an answer.
"""
