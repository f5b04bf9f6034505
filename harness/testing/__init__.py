"""The version matrix as tests: what stands behind the pytest plugin."""
