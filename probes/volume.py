"""Does a shared folder work in both directions, for the right user, and outlive the container?

Runs on the host, as `shares:` of the cell's row in matrix.yaml promises: a file travels into a
volume and is read inside, one that is written inside is read back when the container has gone.
"""

PROBE = {
    "question": "Does a shared folder work in both directions, and outlive the container?",
    "where": "outside",
    "order": 940,
    "timeout_s": 600,
    "promises": ["shares"]
}


def probe(settings):
    import harness.outside.volumes

    return harness.outside.volumes.round_trip(settings)
