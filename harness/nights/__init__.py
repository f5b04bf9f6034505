"""Nights: a run compared with an accepted run and the nights in between, reported as events.

The baseline is an accepted run; `accepted.yaml` holds whatever else is known. Findings of many
cells that share a cause form one event, which is new, known or fixed. Values go in and values come
out: the same records and the same history give the same events. Never here: reading a store or a
file, and judging single cells.
"""
