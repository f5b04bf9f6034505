"""What variables stand for at an instruction: ARG, ENV and build arguments, by the builder's rules.

ENV wins over ARG, whatever the order. An `ARG NAME` without a value takes the build argument, else
the value of an ARG before the first FROM. What an image sets is unknown until it is resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from harness.dockerfiles.parsing import Instruction

MAX_VALUE = 64 * 1024
"""A value that grows longer is taken for unknown: each `ENV A=$A$A` doubles it."""
PLATFORMS = frozenset(
    f"{side}{part}"
    for side in ("TARGET", "BUILD")
    for part in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
)
"""What BuildKit sets by itself."""
_PATTERNED = re.compile(r"\$\{\w+(?:[#%/])")
"""Substitutions by a pattern: the classic builder has none, and their time has no bound."""


class UnknownValue(ValueError):
    """A text holds a variable whose value is not known; says which, or why not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """The variables at one instruction. A value of None is not known."""

    args: Mapping[str, str | None] = field(default_factory=dict)
    environment: Mapping[str, str | None] = field(default_factory=dict)
    whole: bool = True
    """Nothing else is set. False where a stage is of an image that nobody has looked at: it may set
    others, and override an ARG, so what is judged then is judged again when it is known."""
    escape: str = "\\"

    def value(self, name: str) -> str | None:
        """What `$name` is; None: it is not set. Raises UnknownValue."""
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

        Raises UnknownValue where that depends on what is not known, or is no substitution.
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
        """The scope behind an instruction. `given`: the build arguments; `before_from`: what the
        ARGs before the first FROM came to."""
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
            # All of one ENV see the values from before it.
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
        """The value of an ARG in a tuple; empty text: it stays unset."""
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
    """A scope as the lexer asks it."""

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
