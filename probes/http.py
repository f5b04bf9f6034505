"""Does it serve what the cell promises: ready, right answers, bad input refused, still alive?

Runs on the host, against a started container whose ports are published on loopback. Which requests
are made, and what has to come back, says `serves:` of the cell's row in matrix.yaml.
"""

PROBE = {
    "question": "Does it serve what the cell promises, and does it live on after bad input?",
    "where": "outside",
    "order": 920,
    "timeout_s": 600,
    "promises": ["serves"],
    "natures": [
        ["http.*.ready_seconds", "observed"],
        ["http.*.latency_*_seconds", "timing"]
    ]
}


def probe(settings):
    import harness.outside.serving

    return harness.outside.serving.served(settings)
