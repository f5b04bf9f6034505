"""Turns numbers over rounds into decisions with a known error rate. Pure.

A decision needs the `Paired` rounds, the `HostNoise` (its spread, and how well that is known), the
`Family` of questions that share one rate of false alarms, and a `Tolerance`. Never here: records,
facts by their names, findings, and reading anything from anywhere.
"""
