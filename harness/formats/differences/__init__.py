"""Formats of what differs between two images: one module for each, `render(page, ...) -> str`.

Never here: what differs, which is `harness.check.difference`.
"""
