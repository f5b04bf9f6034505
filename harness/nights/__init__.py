"""Nights: a run held against an accepted run and the nights between, told as events.

The baseline is an accepted run; what else is known stands in `accepted.yaml`. Findings of many
cells that share a cause are one event, which is new, known or fixed. Values in, values out: the
same records and the same history give the same events. Never here: reading a store or a file, and
how one cell is judged.
"""
