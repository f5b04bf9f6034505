"""Does it stop in time when it is asked to, and do other commands work too?

Runs on the host; each command is started in a container of its own, as `stops-within:` and `runs:`
of the cell's row in matrix.yaml promise.
"""

PROBE = {
    "question": "Does it stop in time when it is asked to, and do other commands work too?",
    "where": "outside",
    "order": 950,
    "timeout_s": 900,
    "promises": ["stops-within", "runs"],
    "natures": [["command.*_seconds", "timing"]]
}


def probe(settings):
    import harness.outside.commands

    return harness.outside.commands.worked(settings)
