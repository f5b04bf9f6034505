"""The values of variables at an instruction: ARG, ENV and build arguments, by the builder's rules.

ENV wins over ARG, in whatever order they come. An `ARG NAME` without a value takes the build
argument, else the value of an ARG before the first FROM. What an image sets is not known until it
is resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from harness.dockerfiles.parsing import Instruction

MAX_VALUE = 64 * 1024
"""Characters of a value; a longer one counts as unknown, because each `ENV A=$A$A` doubles it."""
PLATFORMS = frozenset(
    f"{side}{part}"
    for side in ("TARGET", "BUILD")
    for part in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
)
"""Variables that BuildKit sets by itself."""
_PATTERNED = re.compile(r"\$\{\w+(?:[#%/])")
"""Substitutions by a pattern. They are not resolved: the classic builder does not know them, and
they may take unbounded time."""


class UnknownValue(ValueError):
    """A text contains a variable whose value is not known; the message says which one, or why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """The variables at one instruction. A value of None means not known."""

    args: Mapping[str, str | None] = field(default_factory=dict)
    environment: Mapping[str, str | None] = field(default_factory=dict)
    whole: bool = True
    """Whether no other variables are set. False if a stage is built on an image that has not been
    read: it may set others or override an ARG, so checks are repeated once it is known."""
    escape: str = "\\"

    def value(self, name: str) -> str | None:
        """The value of `$name`; None if it is not set. Raises UnknownValue if it is not known."""
        for known in (self.environment, self.args):
            if name in known:
                if known[name] is None:
                    raise UnknownValue(f"what ${name} is, is not known")
                return known[name]
        if not self.whole:
            raise UnknownValue(f"${name} may be set by the image that the stage is of")
        return None

    def expand(self, word: str) -> str:
        """A word with its variables replaced, and its quotes and escapes resolved.

        Raises UnknownValue if that depends on an unknown value, or if a substitution is invalid.
        """
        if "$" not in word and not {"'", '"', self.escape} & set(word):
            return word
        if _PATTERNED.search(word):
            raise UnknownValue("substitutions by a pattern are not resolved")
        from e2b_dockerfile_utils import ShellLex

        lexer = ShellLex(self.escape, env=_Looked(self), skip_unset_env=False)
        try:
            text = lexer.process_word(word)
        except (ValueError, RecursionError) as error:
            raise UnknownValue(str(error)[:200]) from None
        if len(text) > MAX_VALUE:
            raise UnknownValue(f"a value of more than {MAX_VALUE // 1024} KiB is not resolved")
        return text

    def after(
        self,
        instruction: Instruction,
        given: Mapping[str, str],
        before_from: Mapping[str, str | None],
    ) -> Scope:
        """The scope after an instruction.

        `given` are the build arguments, `before_from` the values of ARGs before the first FROM.
        """
        if instruction.name == "ARG":
            scope = self
            for word in instruction.arguments:
                name, equals, default = word.partition("=")
                value = scope._argument(name, default if equals else None, given, before_from)
                if value != "":
                    scope = replace(scope, args={**scope.args, name: value[0]})
            return scope
        if instruction.name == "ENV":
            words = instruction.arguments
            pairs = zip(words[0::3], words[1::3], strict=False)
            # All pairs of one ENV see the values from before the instruction.
            return replace(
                self,
                environment={
                    **self.environment,
                    **{self._known(name) or name: self._known(value) for name, value in pairs},
                },
            )
        return self

    def _argument(
        self,
        name: str,
        default: str | None,
        given: Mapping[str, str],
        before_from: Mapping[str, str | None],
    ) -> tuple[str | None] | str:
        """The value of an ARG in a tuple; an empty text if it stays unset."""
        if name in given:
            return (given[name],)
        if default is not None:
            return (self._known(default),)
        if name in before_from:
            return (before_from[name],)
        return (None,) if name in PLATFORMS else ""

    def _known(self, word: str) -> str | None:
        try:
            return self.expand(word)
        except UnknownValue:
            return None


class _Looked(Mapping[str, str]):
    """A scope in the form that the lexer expects."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def get(self, key: str, _default: object = None) -> str | None:  # type: ignore[override]
        return self._scope.value(key)

    def __getitem__(self, key: str) -> str:
        value = self._scope.value(key)
        if value is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter({**self._scope.args, **self._scope.environment})

    def __len__(self) -> int:
        return len({**self._scope.args, **self._scope.environment})
