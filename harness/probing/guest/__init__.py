"""Code that runs inside environments: one file, standard library, Python 2.7 to 3.14.

It is never imported by the harness; it travels as text.
"""
