"""Can its log be followed while it works, and fetched when the container has ended?

Runs on the host, as `logs:` of the cell's row in matrix.yaml promises: the log appears, grows while
the container runs, and says what standard output says.
"""

PROBE = {
    "question": "Can its log be followed while it works, and fetched afterwards?",
    "where": "outside",
    "order": 960,
    "timeout_s": 3600,
    "promises": ["logs"],
    "natures": [
        ["logs.*.appeared_after", "observed"],
        ["logs.*.bytes", "observed"],
        ["logs.*.seen_in_second_shell", "observed"]
    ]
}


def probe(settings):
    import harness.outside.logs

    return harness.outside.logs.followed(settings)
