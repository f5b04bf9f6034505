"""The HTML page: the values it shows, its plots and templates, and how it is written.

Never here: judging; the content, which comes from the report; access to a network.
"""
