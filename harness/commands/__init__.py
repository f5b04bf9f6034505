"""What each command does, one file each; the command line itself is harness/cli.py."""
