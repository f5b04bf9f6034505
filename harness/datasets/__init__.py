"""The data sets that probes train on: found, read as untrusted input, and verified by hash.

Never here: training, or anything about a framework.
"""
