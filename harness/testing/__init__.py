"""The version matrix as tests: what stands behind the pytest plugin.

Never here: judging that the command line does otherwise, and our own tests.
"""
