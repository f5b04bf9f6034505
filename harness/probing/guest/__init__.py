"""Code that runs inside environments: standard library only, Python 2.7 to 3.14, sent as text.

Never here: what the harness itself imports, but for `describe_host`, which runs here too.
"""
