"""Formats of the page of a check: one module for each, with a function `render(page, ...) -> str`.

Never here: the content of the page, which comes from `harness.check.page`.
"""
