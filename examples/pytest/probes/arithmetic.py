"""How does this Python calculate? A probe of the suite's own: nothing registers it."""

PROBE = {
    "question": "How does this Python divide, round and add?",
    "timeout_s": 30,
}


def probe(settings):
    return {
        "arithmetic.seven_halves": 7 / 2,
        "arithmetic.rounded_half": float(round(2.5)),
        "arithmetic.tenths": repr(sum([0.1] * 10)),
    }
