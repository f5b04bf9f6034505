"""Does what it trains become as good as is promised, the same each time, class by class?

Runs on the host; the container's own command is started as often as `trains:` of the cell's row in
matrix.yaml says, side by side, and what it prints is read.
"""

PROBE = {
    "question": "Does what it trains become as good as promised, and the same each time?",
    "where": "outside",
    "order": 970,
    "timeout_s": 3600,
    "dataset": "mnist",
    "promises": ["trains"],
    "settings": {
        "steps": 200,           # of the probe that it agrees with, where `epochs` is 0
        "epochs": 0
    },
    "natures": [
        ["training.train_seconds", "timing"],
        ["training.said_sha256", "measured"],
        ["training.test_accuracy", "measured"],
        ["training.test_error", "measured"],
        ["training.wrong_images", "measured"],
        ["training.precision*", "measured"],
        ["training.recall*", "measured"],
        ["training.probe_error", "measured"]
    ]
}


def probe(settings):
    import harness.outside.training

    return harness.outside.training.trained(settings)
