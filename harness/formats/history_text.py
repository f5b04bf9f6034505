"""The history of a suite as a reply: a list of series, everything about a cell, or night by
night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from harness.formats.answers import Reply
from harness.formats.history import (
    brief_change,
    change_told,
    inputs_told,
    letters_told,
    spark_of,
    value_told,
)
from harness.formats.history_document import history_document
from harness.formats.report import host
from harness.history.past import SHOWN_NIGHTS, Past, lettered
from harness.history.rhythm import rhythm_of, span, starts_of, whole_nights
from harness.history.series import FactSeries, Track
from harness.text import clean_line

_CHANGES = 8
_HEADINGS = ("cell", "fact", f"last {SHOWN_NIGHTS} nights", "last", "nights", "last change")


def listed(past: Past, said: Sequence[str]) -> Reply:
    """One line for each series; the sentences in `said` follow."""
    letters = lettered(past)
    rows = [(_cell(one, letters), *_row(one, past)) for one in past.series]
    lines = [*_head(past, letters), "", *_table(rows), *_tail(said)]
    return Reply(text=_text(lines), tree=history_document(past, said), columns=_HEADINGS, rows=rows)


def of_cells(past: Past, said: Sequence[str]) -> Reply:
    """For some cells: all metrics and every fact that ever changed, each with its changes."""
    letters = lettered(past)
    lines = list(_head(past, letters))
    for track, series in groupby(past.series, key=lambda one: one.track):
        told = tuple(series)
        lines += ["", f"{_cell(told[0], letters)} on {_where(track)}"]
        rows = [_row(one, past) for one in told if one.numeric]
        lines += [f"  {line}" for line in _columns(rows)]
        for one in told:
            lines += [f"  {line}" for line in _changes(one)]
    return Reply(text=_text([*lines, *_tail(said)]), tree=history_document(past, said))


def night_by_night(past: Past, said: Sequence[str]) -> Reply:
    """Every night of each series, and its changes."""
    letters = lettered(past)
    lines = list(_head(past, letters))
    rows = []
    for one in past.series:
        lines += ["", f"{_cell(one, letters)} {clean_line(one.fact)} on {_where(one.track)}"]
        told = [
            (night.started[:16].replace("T", " "), value_told(one.fact, night.value), night.run)
            for night in one.nights
        ]
        marks = {change.after: "changed" for change in one.changes}
        marks |= dict.fromkeys(one.lone, "set aside")
        told_marked = [(*row, marks.get(row[2], "")) for row in told]
        rows += [(one.track.cell, one.fact, *row) for row in told_marked]
        lines += [f"  {line}" for line in _columns(told_marked)]
        lines += [f"  {line}" for line in _changes(one)]
    columns = ("cell", "fact", "night", "value", "run", "")
    tree = history_document(past, said)
    return Reply(text=_text([*lines, *_tail(said)]), tree=tree, columns=columns, rows=rows)


def _head(past: Past, letters: Mapping[Track, str]) -> tuple[str, ...]:
    nights = past.nights
    count = "1 night" if len(nights) == 1 else f"{len(nights)} nights"
    line = f"suite {past.suite}: {count}"
    if nights:
        line += f" from {nights[0].started[:10]} to {nights[-1].started[:10]}"
    every = rhythm_of(starts_of(whole_nights(nights)))
    line += f", every {span(every)}" if every is not None else ", in no rhythm"
    places = {letter: _where(track) for track, letter in letters.items()}
    return (line, *([letters_told(places)] if places else []))


def _where(track: Track) -> str:
    return clean_line(f"{track.engine}, {host(track.host)}")


def _cell(one: FactSeries, letters: Mapping[Track, str]) -> str:
    letter = letters.get(one.track, "")
    return clean_line(one.track.cell, 80) + (f" ({letter})" if letter else "")


def _row(one: FactSeries, past: Past) -> tuple[str, ...]:
    runs = [night.run for night in past.nights[-SHOWN_NIGHTS:]]
    return (
        clean_line(one.fact, 60),
        spark_of(one, runs),
        clean_line(value_told(one.fact, one.last), 60),
        str(len(one.nights)),
        clean_line(brief_change(one), 80),
    )


def _changes(one: FactSeries) -> list[str]:
    told = []
    if one.lone:
        told.append(f"{clean_line(one.fact)}: set aside as disturbed: {', '.join(one.lone[-3:])}")
    more = len(one.changes) - _CHANGES
    if more > 0:
        told.append(f"{clean_line(one.fact)}: {more} changes before these")
    for change in one.changes[-_CHANGES:]:
        told.append(clean_line(f"{one.fact} {change_told(one.fact, change)}", 400))
        told.append(f"    between {change.before} and {change.after}")
        told.append(clean_line(f"    changed between them: {inputs_told(change)}", 1000))
    return told


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    return _columns([_HEADINGS, *rows]) if rows else ["no night is stored yet"]


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _tail(said: Sequence[str]) -> list[str]:
    return ["", *said] if said else []


def _text(lines: Sequence[str]) -> str:
    return "\n".join([*lines, ""])
