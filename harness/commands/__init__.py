"""The implementation of each command, one file each; the command line itself is harness/cli.py.

Never here: a rule of judging, or what only one engine needs.
"""
