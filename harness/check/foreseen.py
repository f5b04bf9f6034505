"""What a reason predicts: the signs that running the image would show if the reason holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

YES, NO = "yes", "no"


class Sign(StrEnum):
    """Something that running an image shows; its value is `yes` or `no`, or a version for the
    last three."""

    OBTAINED = "obtained"
    """An engine on this host can pull it."""
    ROOM = "room"
    """There is enough disk space to pull it."""
    STARTS = "starts"
    """The Python that a command finds in it starts."""
    INSTALLED = "installed"
    """That Python has a framework of which the knowledge base has tables."""
    IMPORTS = "imports"
    """That Python imports the framework."""
    FITS = "fits"
    """Its Keras builds and fits a model."""
    DEVICE = "device"
    """The framework lists a GPU."""
    COMPUTES = "computes"
    """A GPU that was given to the container computes; there is no such sign where none was."""
    FRAMEWORK = "framework"
    """Name and version."""
    PYTHON = "python"
    """Version."""
    SYSTEM = "system"
    """Distribution and release, such as ubuntu-16.04."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreseen:
    """A prediction: one sign and the value it will have."""

    sign: Sign
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A change in how the image is started that should mend it, and that can be tried here."""

    interpreter: str = ""
    """Absolute path of the Python to start instead."""
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def told(self) -> str:
        """The change in a few words."""
        parts = [f"{name}={value}" for name, value in self.environment]
        return ", ".join([self.interpreter, *parts] if self.interpreter else parts)


def foreseen(sign: Sign, value: str) -> tuple[Foreseen, ...]:
    """A prediction in the form that a reason carries; empty where the value is not known."""
    return (Foreseen(sign=sign, value=value),) if value else ()


NOT_OBTAINED = foreseen(Sign.OBTAINED, NO)
STARTS_NOT = foreseen(Sign.STARTS, NO)
IMPORTS = foreseen(Sign.IMPORTS, YES)
IMPORTS_NOT = foreseen(Sign.IMPORTS, NO)
FITS_NOT = foreseen(Sign.FITS, NO)
CPU_ONLY = (*IMPORTS, *foreseen(Sign.COMPUTES, NO))
COMPUTES = foreseen(Sign.COMPUTES, YES)
COMPUTES_NOT = foreseen(Sign.COMPUTES, NO)
