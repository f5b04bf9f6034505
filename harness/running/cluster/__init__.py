"""Spreads a run over the nodes of a Ray cluster, each of which has an engine of its own.

Ray is imported only when a cluster is asked for. Never here: writing the store, which the runner
does, and what a worker does with an engine, which is the same on every host.
"""
