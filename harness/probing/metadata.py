"""Reads and validates the literal PROBE of a probe file with `ast`; no probe code runs here."""

from __future__ import annotations

import ast
import difflib
import math
from pathlib import Path

from harness.errors import Problem, UsageError
from harness.model import Evidence, EvidenceKind, Level, Nature, Scalar
from harness.promises import PromiseKind

_KEYS = (
    "question",
    "where",
    "order",
    "on_request",
    "timeout_s",
    "frameworks",
    "dataset",
    "settings",
    "natures",
    "evidence",
    "promises",
)
_LEVELS = ("L1", "L2", "L3")
OUTSIDE = "outside"
"""The value of `where` for a probe that runs on the host and asks a started container; also the
name of the setting that describes that container."""
_GIVEN = ("data_dir", "round", "scratch", OUTSIDE)
"""Names that the runner adds to a probe's settings."""
_LAST = 1000
"""The `order` of a probe that states none."""


class Metadata:
    """The literal PROBE of one file. `finish` raises all problems together."""

    def __init__(self, path: Path, source: str, tree: ast.Module) -> None:
        self._path = path
        self._lines = source.splitlines()
        self._problems: list[Problem] = []
        self._nodes: dict[str, ast.expr] = {}
        self._values: dict[str, object] = {}
        self._find(tree)

    def _find(self, tree: ast.Module) -> None:
        if not any(
            isinstance(node, ast.FunctionDef) and node.name == "probe" for node in tree.body
        ):
            self._say(tree, "there is no function `probe`", "def probe(settings): return {...}")
        literal = next(
            (
                node.value
                for node in tree.body
                if isinstance(node, ast.Assign)
                and [ast.unparse(target) for target in node.targets] == ["PROBE"]
            ),
            None,
        )
        if literal is None:
            self._say(tree, "there is no PROBE, the literal that describes it", "PROBE = {...}")
            self.finish()
            return
        if not isinstance(literal, ast.Dict):
            self._say(literal, "PROBE is not a dict")
            self.finish()
            return
        for key, value in zip(literal.keys, literal.values, strict=True):
            self._entry(key, value)
        if "question" not in self._nodes:
            self._say(literal, "PROBE has no `question`")

    def _entry(self, key: ast.expr | None, value: ast.expr) -> None:
        name = key.value if isinstance(key, ast.Constant) else None
        if not isinstance(name, str):
            self._say(key or value, "a key of PROBE is a string")
        elif name not in _KEYS:
            close = difflib.get_close_matches(name, _KEYS, n=1)
            hint = f"did you mean `{close[0]}`?" if close else "known: " + ", ".join(_KEYS)
            self._say(key or value, f"PROBE does not know the key `{name}`", hint)
        elif name in self._nodes:
            self._say(key or value, f"PROBE has the key `{name}` twice")
        else:
            self._nodes[name] = value
            try:
                self._values[name] = ast.literal_eval(value)
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                self._say(value, f"`{name}` is not a literal; PROBE is read, never run")

    def finish(self) -> None:
        if self._problems:
            raise UsageError("\n\n".join(str(problem) for problem in self._problems))

    def _say(self, node: ast.AST, message: str, remedy: str = "") -> None:
        line = getattr(node, "lineno", 1)
        self._problems.append(
            Problem(
                message=message,
                path=str(self._path),
                line=line,
                column=getattr(node, "col_offset", 0) + 1,
                excerpt=self._lines[line - 1] if line <= len(self._lines) else "",
                remedy=remedy,
            )
        )

    def _wrong(self, name: str, expected: str) -> None:
        self._say(self._nodes[name], f"`{name}` should be {expected}")

    def _element(self, name: str, number: int) -> ast.expr:
        """Return the syntax node of one element of a list, for its line and column."""
        node = self._nodes[name]
        return node.elts[number] if isinstance(node, ast.List) else node

    def text(self, name: str, default: str = "") -> str:
        value = self._values.get(name, default)
        if not isinstance(value, str):
            self._wrong(name, "a string")
            return default
        return value

    def where(self) -> str:
        value = self.text("where", "inside")
        if value not in ("inside", OUTSIDE):
            self._wrong("where", '"inside" or "outside"')
        return value

    def promises(self) -> tuple[PromiseKind, ...]:
        """The kinds of promises that the probe checks; only a probe that runs outside has any."""
        value = self._values.get("promises", [])
        if "promises" in self._nodes and self._values.get("where") != OUTSIDE:
            self._say(
                self._nodes["promises"],
                "only a probe outside of the container asks what a cell promises",
                'add `"where": "outside"`, or remove `promises`',
            )
        if not isinstance(value, list) or not all(one in set(PromiseKind) for one in value):
            self._wrong("promises", "a list, each one of " + ", ".join(PromiseKind))
            return ()
        return tuple(PromiseKind(one) for one in value)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self._wrong(name, "a list of strings")
            return ()
        return tuple(value)

    def seconds(self, name: str, default: float = 60.0) -> float:
        match self._values.get(name, default):
            case bool():
                pass
            case int() | float() as value if math.isfinite(value) and value > 0:
                return float(value)
        self._wrong(name, "a number of seconds, above 0")
        return default

    def order(self) -> int:
        value = self._values.get("order", _LAST)
        if not isinstance(value, int) or isinstance(value, bool):
            self._wrong("order", "a whole number")
            return _LAST
        return value

    def on_request(self) -> bool:
        """Whether the probe is asked only if a suite or a command line names it."""
        value = self._values.get("on_request", False)
        if not isinstance(value, bool):
            self._wrong("on_request", "True or False")
            return False
        return value

    def settings(self) -> tuple[tuple[str, Scalar], ...]:
        value = self._values.get("settings", {})
        if not isinstance(value, dict):
            self._wrong("settings", "a dict of names and scalars")
            return ()
        for name, setting in value.items():
            scalar = setting is None or isinstance(setting, str | int | float | bool)
            if not isinstance(name, str) or name in _GIVEN or not scalar:
                self._wrong("settings", f"names and scalars; {name!r} cannot be one")
        return tuple(value.items())

    def natures(self) -> tuple[tuple[str, Nature], ...]:
        value = self._values.get("natures", [])
        natures: list[tuple[str, Nature]] = []
        for pair in value if isinstance(value, list) else [None]:
            match pair:
                case [str(pattern), str(name)] if name in set(Nature):
                    natures.append((pattern, Nature(name)))
                case _:
                    self._wrong(
                        "natures",
                        "a list of [pattern, nature], the nature one of " + ", ".join(Nature),
                    )
        return tuple(natures)

    def evidence(self) -> tuple[Evidence, ...]:
        value = self._values.get("evidence", [])
        evidence: list[Evidence] = []
        for number, entry in enumerate(value if isinstance(value, list) else [None]):
            match entry:
                case {"level": "L4"}:
                    self._say(
                        self._element("evidence", number),
                        "evidence for L4 (agrees with the reference) is not judged by this "
                        "version of the harness: rounds of two cells show it",
                        "remove it: its facts are shown, not judged",
                    )
                case {"level": level, "kind": kind, "fact": str(fact), **rest} if (
                    not rest and level in _LEVELS and kind in set(EvidenceKind)
                ):
                    evidence.append(Evidence(level=Level(level), kind=kind, fact=fact))
                case _:
                    self._wrong(
                        "evidence",
                        "a list of {level, kind, fact}, the level one of "
                        f"{', '.join(_LEVELS)}, the kind one of {', '.join(EvidenceKind)}",
                    )
        return tuple(evidence)
