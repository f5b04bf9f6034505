"""What each command does, one file each; the command line itself is harness/cli.py.

Never here: a rule of judging, or what one engine needs.
"""
