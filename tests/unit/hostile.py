"""Text an image might say to hurt a reader, a terminal, a browser or a CI service."""

from __future__ import annotations

from hypothesis import strategies as st

CANNED = (
    "\x1b[2J\x1b[31mred\x1b[0m",
    "\x1b]8;;http://evil.example\x07click\x1b]8;;\x07",
    "\x1b]52;c;aGVsbG8=\x07",
    "\x9b31m and \x9d8;;x\x9c",
    "abc\u202egnp.exe\u2066\u2069",
    "[/x] [red]bold[/red] [link=http://evil.example]x[/link]",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "]]> <!-- --> --> &amp; &#64;all",
    "=cmd|' /C calc'!A0",
    "::error file=x,line=1::boo",
    "  ::set-output name=x::y",
    "##[error]boo ##vso[task.setvariable variable=x]y",
    "```\n# out of the fence\n```",
    "`a` ``b`` | pipe | \\| \\",
    "@everyone please look, [x](javascript:alert(1)) ![x](http://evil.example/x.png)",
    "lone \ud800 surrogate \udfff",
    "line\r\nbreak\rover\u2028there\u2029\x85\x0b\x0c",
    "\x00NUL \x7fDEL \u00ad\u200b\ufeff\U000e0041",
    "</details></summary><h1>",
    "{{ 7*7 }} {% raw %} %s %(x)s {0}",
    "漢字かな交じり文" * 40,
    "x" * 1_000_000,
    "\x1b" * 100_000,
    "| | |\n|---|---|\n",
    "",
    " ",
)
"""The list of fault 48, and what else was thought of."""

texts = st.one_of(
    st.sampled_from([text for text in CANNED if len(text) < 1000]),
    st.text(st.characters(), max_size=60),
)
"""Any short text, lone surrogates too, the canned kind often."""
