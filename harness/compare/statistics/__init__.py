"""From numbers over rounds to decisions whose rate of error is known. Pure.

A decision is made of `Paired` rounds, the `HostNoise` (its spread, and how well that is
known), the `Family` of questions that share one rate of false alarms, and a `Tolerance`.

Never here: records, facts by their names, findings, and reading anything from anywhere.
"""
