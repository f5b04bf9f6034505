"""The version matrix as pytest tests: the implementation of the pytest plugin.

Never here: judgements that differ from those of the command line, and the harness's own tests.
"""
