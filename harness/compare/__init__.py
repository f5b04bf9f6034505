"""Turns records into their meaning: facts, differences, levels, findings, verdicts. Pure.

Never here: formats, engines, and reading records from anywhere.
"""
