"""A run spread over the nodes of a Ray cluster, each of which has an engine of its own.

Ray is imported where a cluster is asked for, and nowhere else. Never here: writing the store, which
is the runner's, and what a worker does with an engine, which is the same on every host.
"""
