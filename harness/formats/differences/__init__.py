"""Formats of what differs between two images: one module each, with `render(page, ...) -> str`.

Never here: finding what differs, which is the job of `harness.check.difference`.
"""
