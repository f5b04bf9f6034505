"""Does its notebook server answer, and does a kernel run code through the server's own API?

Runs on the host, against a started container, as `notebook:` under `serves:` of the cell's row in
matrix.yaml promises.
"""

PROBE = {
    "question": "Does its notebook server answer, and does a kernel of it run code?",
    "where": "outside",
    "order": 930,
    "timeout_s": 900,
    "promises": ["notebook"],
    "natures": [
        ["notebook.*.ready_seconds", "observed"],
        ["notebook.*.first_cell_seconds", "timing"]
    ]
}


def probe(settings):
    import harness.outside.notebooks

    return harness.outside.notebooks.executed(settings)
