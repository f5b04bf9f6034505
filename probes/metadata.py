"""Does the image say of itself what the cell promises: ports, user, volumes, command?

Runs on the host, and starts nothing: the image's own configuration is read.
"""

PROBE = {
    "question": "Does the image say of itself what the cell promises?",
    "where": "outside",
    "order": 910,
    "timeout_s": 60,
    "promises": ["serves", "notebook", "shares", "stops-within", "runs", "logs", "user"]
}


def probe(settings):
    import harness.outside.metadata

    return harness.outside.metadata.told(settings)
