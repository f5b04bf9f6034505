"""What a reason foresees: the signs that running the image would show if the reason holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

YES, NO = "yes", "no"


class Sign(StrEnum):
    """Something that running an image shows. `yes` or `no`, or a version where it says so."""

    OBTAINED = "obtained"
    """An engine here pulls it."""
    ROOM = "room"
    """There is disk enough to pull it."""
    STARTS = "starts"
    """A Python that a command finds in it starts."""
    INSTALLED = "installed"
    """That Python has a framework that is known here."""
    IMPORTS = "imports"
    """That Python imports the framework."""
    DEVICE = "device"
    """The framework lists a GPU."""
    COMPUTES = "computes"
    """A GPU that was handed to the container computes; nothing where none was."""
    FRAMEWORK = "framework"
    """Name and version."""
    PYTHON = "python"
    """Version."""
    SYSTEM = "system"
    """Distribution, as ubuntu-16.04."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreseen:
    """One sign, and what it will be."""

    sign: Sign
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A change of how the image is started that is to mend it, and that can be tried here."""

    interpreter: str = ""
    """Whole name of the Python to start instead."""
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def told(self) -> str:
        """In a few words."""
        parts = [f"{name}={value}" for name, value in self.environment]
        return ", ".join([self.interpreter, *parts] if self.interpreter else parts)


def foreseen(sign: Sign, value: str) -> tuple[Foreseen, ...]:
    """One sign as a reason carries it; nothing where the value is not known."""
    return (Foreseen(sign=sign, value=value),) if value else ()


NOT_OBTAINED = foreseen(Sign.OBTAINED, NO)
STARTS_NOT = foreseen(Sign.STARTS, NO)
IMPORTS = foreseen(Sign.IMPORTS, YES)
IMPORTS_NOT = foreseen(Sign.IMPORTS, NO)
CPU_ONLY = (*IMPORTS, *foreseen(Sign.COMPUTES, NO))
COMPUTES = foreseen(Sign.COMPUTES, YES)
COMPUTES_NOT = foreseen(Sign.COMPUTES, NO)
