"""Formats of the page of a check: one module for each, that offers `render(page, ...) -> str`.

Never here: what the page says, which is `harness.check.page`.
"""
