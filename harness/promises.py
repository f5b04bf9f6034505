"""What a cell promises to whoever stands outside of its container: frozen values.

A cell's row in matrix.yaml states them, probes with `where: outside` ask whether they are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

ADDED = "added"
"""In a field's metadata: it came after values of its kind were stored, which do not have it."""


class PromiseKind(StrEnum):
    """What a promise is about; the metadata of an outside probe names the kinds that it asks of."""

    SERVES = "serves"
    """A port that answers HTTP."""
    NOTEBOOK = "notebook"
    """A port on which a Jupyter server answers."""
    SHARES = "shares"
    """A folder that is shared with whoever starts the container."""
    STOPS = "stops-within"
    """It ends by itself soon after it is asked to."""
    RUNS = "runs"
    """Other commands than its own work too."""
    LOGS = "logs"
    """A file, or standard output, that can be followed while it runs."""
    TRAINS = "trains"
    """Its command trains a model, and prints how good it has become."""
    USER = "user"
    """Its processes belong to a user of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One request to a service, and what has to come back."""

    method: str = "GET"
    path: str = "/"
    name: str = ""
    """What reports call it; empty: method and path."""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    """What is sent, as text; empty: nothing, or `filler`."""
    filler: int = 0
    """So many bytes of nothing are sent instead of `body`."""
    file: str = field(default="", metadata={ADDED: True})
    """A file of the suite that is sent instead of `body`, from the suite's folder."""
    content: str = field(default="", metadata={ADDED: True})
    """What that file holds, in Base64."""
    content_type: str = ""
    """Empty: none is told."""
    file_field: str = ""
    """The body travels as a file in a form, in the field of this name; empty: as it is."""
    status: str = "2xx"
    """A status, or a class of them: `200`, `4xx`."""
    answers: str = ""
    """JSON that the answer must equal; empty: any."""
    absolute: float = field(default=0.0, metadata={ADDED: True})
    """How far each number of the answer may be from the one in `answers`."""
    contains: str = ""
    """Text that must stand in the answer."""
    within_s: float = 10.0
    """Seconds for the whole answer."""
    times: int = 1
    """How often it is asked, one after the other."""
    keep: bool = False
    """The answer is kept as a fact, so that cells are compared by it."""

    @property
    def told(self) -> str:
        """What it is called."""
        return self.name or f"{self.method} {self.path}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """How it is seen that a service is ready."""

    path: str = "/"
    status: str = ""
    """A status or a class of them; empty: anything below 500."""
    log: str = ""
    """Text that it prints then, instead of an answer at `path`."""
    within_s: float = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeCell:
    """Code that is executed in a notebook server's kernel, and what it has to print."""

    code: str
    prints: str = ""
    """Text that must stand in what it prints; empty: anything."""
    within_s: float = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Notebook:
    """A Jupyter server behind a port."""

    token: str = ""
    """Empty: the one that the server prints as it starts, else none."""
    base: str = "/"
    """Where it is served."""
    kernel: str = ""
    """Name of the kernel; empty: the server's own choice."""
    cells: tuple[CodeCell, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """A port that a container serves."""

    port: int
    ready: Ready = Ready()
    checks: tuple[Check, ...] = ()
    notebook: Notebook | None = None
    """None: plain HTTP."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedFolder:
    """A folder that is shared through a volume."""

    path: str
    owner: str = ""
    """User id of what is written there from inside; empty: that of the user it runs as."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherCommand:
    """A command that is run instead of the container's own."""

    command: tuple[str, ...]
    exits: int = 0
    prints: str = ""
    """Text that must stand in what it prints."""
    within_s: float = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """A log that can be followed while the container's own command runs."""

    file: str = ""
    """Its path; empty: standard output alone."""
    numbers: str = ""
    """A pattern whose first group is a number: what it finds in the file must be what it finds on
    standard output. Empty: they are not compared."""
    contains: str = ""
    """Text that must stand in it in the end."""
    within_s: float = 60.0
    """Until it has appeared, and again until it has grown."""
    ends: bool = False
    """The command ends by itself, within `within_s` after the log has grown."""
    second_shell: tuple[str, ...] = field(default=(), metadata={ADDED: True})
    """A command by which the file is watched in the running container; what it prints must stand in
    the file. Empty: it is watched from outside alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """What the container's own command prints of the model that it has trained."""

    times: int = 1
    """How often it is started, side by side."""
    same: str = ""
    """A pattern with one group: what it finds must be the same each time. Empty: nothing must."""
    keep: str = ""
    """A pattern with one group: what it finds last is a fact, by which cells are compared."""
    confusion: str = ""
    """A pattern whose group is a JSON matrix: how many test images of each class (a row) it said to
    be of each class (a column). Empty: `wrong` says how good it is."""
    wrong: str = ""
    """A pattern with two groups: so many test images wrong, of so many."""
    error_from: float = 0.0
    error_to: float = 1.0
    """The share of wrong test images lies between these."""
    agrees_with: str = ""
    """A probe that trains the same in another container of the cell: the shares of wrong images are
    within the binomial error. Empty: none."""
    within_s: float = 600.0
    """Until the command has ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """All that one cell promises."""

    command: tuple[str, ...] = ()
    """What is started instead of the image's own command; `{interpreter}` stands for the cell's."""
    user: str = ""
    """The user it runs as: a name, or a number. Empty: nobody."""
    serves: tuple[Served, ...] = ()
    shares: tuple[SharedFolder, ...] = ()
    stops_within_s: float = 0.0
    """Seconds from the image's stop signal to the end; 0: nothing is promised."""
    runs: tuple[OtherCommand, ...] = ()
    logs: tuple[Followed, ...] = ()
    trains: Trained | None = field(default=None, metadata={ADDED: True})
    """None: it does not say that it trains anything."""

    @property
    def kinds(self) -> frozenset[PromiseKind]:
        """What it promises anything about."""
        there = {
            PromiseKind.SERVES: any(one.notebook is None for one in self.serves),
            PromiseKind.NOTEBOOK: any(one.notebook is not None for one in self.serves),
            PromiseKind.SHARES: bool(self.shares),
            PromiseKind.STOPS: self.stops_within_s > 0,
            PromiseKind.RUNS: bool(self.runs),
            PromiseKind.LOGS: bool(self.logs),
            PromiseKind.TRAINS: self.trains is not None,
            PromiseKind.USER: bool(self.user),
        }
        return frozenset(kind for kind, promised in there.items() if promised)


def status_fits(wanted: str, status: int) -> bool:
    """Whether a status is the wanted one, or of the wanted class."""
    return wanted in (str(status), f"{status // 100}xx")
