"""The data sets that probes learn from: found, read without trust, and proved by hash.

Never here: training, or anything about a framework.
"""
