"""Every field of every table is read: by a rule, or by `harness explain`, which shows it to people.

And every row of the table of reasons is given by a rule, with all that its text asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from inspect import get_annotations
from string import Formatter
from typing import Any, get_args

import pytest

from harness import standard
from harness.check.foreseen import Sign
from harness.check.host import supposing
from harness.check.instead import instead_of
from harness.check.reasons import Confidence, Reason, Weight, reason
from harness.check.rules import all_reasons
from harness.check.rules import names as rule_names
from harness.check.subject import subject_of
from harness.images.reference import parse_reference
from harness.knowledge import entries as entries_module
from harness.knowledge import frameworks, library, loaded, released, resolving, signatures
from harness.knowledge.entries import entries
from harness.knowledge.library import ReasonRow, StrictModel
from harness.knowledge.signatures import recognise
from harness.suite.matrix import load_suite
from tests.unit.check_builders import HERE, cpu_image, reading
from tests.unit.check_gallery import pairs

COMPUTED = {"known.remedy", "known.source"}


def kinds(base: type[StrictModel] = StrictModel) -> Iterator[type[StrictModel]]:
    """Every kind of row and table."""
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def forget() -> None:
    """Let every table be read again."""
    for module in (library, frameworks, loaded, released, resolving, entries_module, signatures):
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[tuple[str, str]]]:
    """(kind, field) of everything that is read from here on."""
    forget()
    found: set[tuple[str, str]] = set()
    plain = StrictModel.__getattribute__

    def recording(self: StrictModel, name: str) -> Any:
        kind = type(self)
        if not name.startswith("_") and name in kind.__pydantic_fields__:
            owner = next(one for one in reversed(kind.__mro__) if name in _fields(one))
            found.add((owner.__name__, name))
        return plain(self, name)

    monkeypatch.setattr(StrictModel, "__getattribute__", recording)
    yield found
    monkeypatch.undo()
    forget()


def _fields(kind: type) -> Any:
    return getattr(kind, "__pydantic_fields__", {})


def use() -> None:
    """What the code does with the tables: explain every row, check images, name a cell instead."""
    entries()
    parse_reference("own")
    recognise(["Descriptors cannot not be created directly."])
    supposing(HERE, "Tesla V100", "")
    for subject, where in pairs():
        tuple(all_reasons(subject, where))
    suite = load_suite(standard.default_suite())
    about = subject_of(reading(cpu_image("2.16.2"), "tensorflow/tensorflow:2.16.2"))
    instead_of(about, HERE, suite, lambda cell: bool(cell.base))


def unread(found: set[tuple[str, str]]) -> list[str]:
    return sorted(
        f"{kind.__name__}.{name}"
        for kind in kinds()
        for name in kind.__pydantic_fields__
        if name != "schema_"  # what the table means, for who edits it
        and name in get_annotations(kind)
        and (kind.__name__, name) not in found
    )


def test_every_field_of_every_table_is_read(read: set[tuple[str, str]]) -> None:
    use()
    assert [] == unread(read)


def test_a_field_that_nothing_reads_is_named(read: set[tuple[str, str]]) -> None:
    class Extended(StrictModel):
        nobody_asks: str = ""

    use()
    assert ["Extended.nobody_asks"] == unread(read)


# --- the table of reasons -------------------------------------------------------------------------


def test_every_row_is_given_by_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """With all that its text asks for: a name that no rule fills in raises KeyError."""
    given: set[str] = set()

    def recording(id: str, /, *rest: Any, **facts: str) -> Reason:
        given.add(id)
        return reason(id, *rest, **facts)

    for name in ("", *(f".{one}" for one in rule_names())):
        module = import_module(f"harness.check.rules{name}")
        monkeypatch.setattr(module, "reason", recording, raising=False)
    for subject, where in pairs():
        tuple(all_reasons(subject, where))
    assert set(library.reasons()) == given


def test_the_words_of_the_table_are_those_of_the_check() -> None:
    fields = {name: ReasonRow.__pydantic_fields__[name].annotation for name in _fields(ReasonRow)}
    assert set(Weight) - {Weight.REFUTED} == set(get_args(fields["weight"]))
    assert set(Confidence) == set(get_args(fields["confidence"]))
    signs = {sign for row in library.reasons().values() for sign in row.foresees}
    assert signs <= set(Sign)


def test_a_row_names_only_what_there_is() -> None:
    for row in library.reasons().values():
        assert not row.known or row.known in library.known(), row.id
        texts = (row.headline, row.remedy, row.source, row.explain)
        names = {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}
        assert {one for one in names if "." in one} <= COMPUTED, row.id
        assert not any(one.startswith("known.") for one in names) or row.known, row.id
        if row.explain and "{" not in row.explain:
            assert row.explain in entries(), row.id
