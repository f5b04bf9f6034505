"""Untrusted text made fit to be shown: control characters visible, length bounded, markup inert.

What an image says (output, versions, labels, exception messages) reaches a report only through
these functions. `clean` and `clean_line` serve every format; the rest is for one kind each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

LINE_LIMIT = 400
"""The most characters of one untrusted line in a report, unless a limit is given."""
BLOCK_LIMIT = 8000
"""The most characters of one untrusted block (a traceback, for example) in a report."""
PLAIN_LIMIT = 64_000
"""The most characters of a command's output that is not a report."""
COMMAND_LIMIT = 4000
"""The most characters of a command that a report offers."""
_PLAIN_LINE = 2000

# Everything that is drawn as nothing, moves the cursor or reorders its neighbours. The ranges are
# written out, not asked of unicodedata, so that every Python gives the same bytes of report.
_CONTROL = re.compile(
    "["
    "\x00-\x09\x0b-\x1f\x7f-\x9f\xad"
    "\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ud800-\udfff"
    "]"
)
_CONTROL_OR_NEWLINE = re.compile(f"\n|{_CONTROL.pattern}")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
_SGR = r"(?:\x1b\[[0-9;]*m)*"
_WORKFLOW_COMMAND = re.compile(rf"^({_SGR}[ ]*{_SGR}[ ]*)::", re.MULTILINE)
_LOG_COMMAND = re.compile(r"##(\w*)\[")
_MARKDOWN = str.maketrans({one: f"\\{one}" for one in "\\`*_[]<>|~#&$!"})
_LIST_SIGNS = ("-", "+", "=")
_LIST_START = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$))|(?=[-+=]))")


def clean(text: str, limit: int = BLOCK_LIMIT) -> str:
    """The text with every character that is not plainly visible written as an escape.

    Newlines stay (CR LF counts as one); everything else below space, the C1 controls, format
    and bidirectional controls and lone surrogates become `\\x1b` and the like. At most `limit`
    characters are kept; what was cut is counted behind an ellipsis.
    """
    return _bounded(text.replace("\r\n", "\n") if "\r" in text[: limit + 1] else text, limit)


def clean_line(text: str, limit: int = LINE_LIMIT) -> str:
    """Like `clean`, but on one line: newlines are written as escapes too."""
    return _bounded(text, limit, newline=False)


def _bounded(text: str, limit: int, *, newline: bool = True) -> str:
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text  # The usual case: everything printable in ASCII is plainly visible.
    pieces: list[str] = []
    size = kept = 0
    head = text[:limit]
    end = len(head)
    for match in (_CONTROL if newline else _CONTROL_OR_NEWLINE).finditer(head):
        plain, escape = head[kept : match.start()], _escape(match)
        if size + len(plain) + len(escape) > limit:
            end = match.start()
            break
        pieces += (plain, escape)
        size += len(plain) + len(escape)
        kept = match.end()
    rest = head[kept : min(end, kept + limit - size)]
    cut = len(text) - kept - len(rest)
    return "".join((*pieces, rest, _cut(cut) if cut else ""))


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _cut(count: int) -> str:
    return f"… (+{count} characters)"


def plain(text: str, limit: int = PLAIN_LIMIT) -> str:
    """Clean a command's output that is not a report (an error, a notice): like `clean`, with each
    line bounded as well, and without anything that a CI service would take for a command."""
    lines = clean(text, limit).split("\n")
    return inert_in_ci("\n".join(clean_line(line, _PLAIN_LINE) for line in lines))


def inert_in_ci(text: str) -> str:
    """Return a whole report without lines that a CI service would obey.

    GitHub takes a line that starts with `::` as a command, and several services take `##[...]` or
    `##word[...]` anywhere; a visible backslash breaks both.
    """
    return _LOG_COMMAND.sub(r"##\1\\[", _WORKFLOW_COMMAND.sub(r"\1\\::", text))


def inert_json(text: str) -> str:
    """Return ASCII JSON without anything that CI services obey or terminals act upon. What is
    replaced occurs only inside strings, where the escapes mean the same."""
    return _LOG_COMMAND.sub(r"##\1\\u005b", text.replace("\x7f", "\\u007f"))


def markdown(text: str, limit: int = LINE_LIMIT) -> str:
    """Return one line of Markdown prose without any markup, link, mention or table border of its
    own."""
    escaped = clean_line(text, limit).translate(_MARKDOWN)
    if escaped[:1].isdigit() or escaped[:1] in _LIST_SIGNS:
        escaped = _LIST_START.sub(r"\1\\", escaped)
    escaped = escaped.replace("://", "\\://").replace("www.", "www\\.")
    # GitHub still treats an escaped or encoded @ as a mention; only another node after it prevents
    # that.
    return escaped.replace("@", "@<!-- -->")


def html(text: str, limit: int = LINE_LIMIT) -> str:
    """Return one line of text for use inside a piece of HTML that stands in Markdown."""
    return escape(clean_line(text, limit)).replace("@", "@<!-- -->")


def code(text: str, limit: int = LINE_LIMIT) -> str:
    """Return one line as a Markdown code span that can also be used in a table.

    No spelling of a pipe is safe both in a code span and in a table, so text with a pipe becomes
    escaped prose instead.
    """
    shown = clean_line(text, limit)
    if "|" in shown or not shown.strip():
        return markdown(text, limit)
    ticks = "`" * (_longest_run(shown) + 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def fence(text: str, limit: int = BLOCK_LIMIT) -> str:
    """Return a block as fenced Markdown; the fence is longer than any run of backticks inside."""
    shown = clean(text, limit).strip("\n")
    ticks = "`" * max(3, _longest_run(shown) + 1)
    return f"{ticks}text\n{shown}\n{ticks}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall(r"`+", text))) if "`" in text else 0


# --- addresses: package indexes, mirrors, proxies and engines are named by addresses that may hold
# credentials, in front of the host (`https://user:password@host/`) or behind a question mark.

HIDDEN = "***"
"""Replaces whatever must not be shown."""

_ADDRESS = re.compile(r"://[^\s\"'<>]+")
_USER = re.compile(r"^://[^/]*@")
_QUESTION = re.compile(r"\?.*", re.DOTALL)


def without_credentials(text: str) -> str:
    """Return the text with the user name, password and query of every address in it replaced by
    `***`."""
    return _ADDRESS.sub(_address_told, text)


def has_user(address: str) -> bool:
    """Tell whether an address names a user, with or without a password."""
    found = _ADDRESS.search(address)
    return found is not None and _USER.match(found[0]) is not None


def _address_told(found: re.Match[str]) -> str:
    return _QUESTION.sub(f"?{HIDDEN}", _USER.sub(f"://{HIDDEN}@", found[0]))


# --- sizes: decimal, as downloads and disks are told


def in_kb(size: int, digits: int = 1) -> str:
    """Write a number of bytes in kilobytes."""
    return f"{size / 1e3:.{digits}f} kB"


def in_mb(size: int, digits: int = 0) -> str:
    """Write a number of bytes in megabytes."""
    return f"{size / 1e6:.{digits}f} MB"


def in_gb(size: int, digits: int = 1) -> str:
    """Write a number of bytes in gigabytes."""
    return f"{size / 1e9:.{digits}f} GB"


# --- names that were mistyped

_NAMES_SHOWN = 20


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the known name nearest to `word`; empty where none is near."""
    from difflib import get_close_matches

    folded = {name.lower(): name for name in sorted(known)}
    near = get_close_matches(word[:100].lower(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else ""


def name_remedy(word: str, known: Iterable[str], *, what: str) -> str:
    """Return the next step for an unknown name: the nearest known name, and the list of all.

    `what` says what the known names are, as in "the cells are: a, b".
    """
    names = sorted(set(known))
    near = did_you_mean(word, names)
    listed = ", ".join(names[:_NAMES_SHOWN]) + (", ..." if len(names) > _NAMES_SHOWN else "")
    there_is = f"{what}: {listed or 'none'}"
    return f"did you mean `{near}`? {there_is}" if near else there_is
