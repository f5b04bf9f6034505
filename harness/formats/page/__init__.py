"""The HTML page: what it holds as values, its plots, its templates, and how it is written out.

Never here: judging, and what the page says, which stands in the report; reaching for a network.
"""
