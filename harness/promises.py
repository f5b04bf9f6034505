"""What a cell promises to users outside its container, as frozen values.

A cell's row in matrix.yaml states the promises; probes with `where: outside` check whether they are
kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

ADDED = "added"
"""Marks, in a field's metadata, a field added later: values of its kind may have been stored
without it."""


class PromiseKind(StrEnum):
    """What a promise is about; the metadata of an outside probe names the kinds that it checks."""

    SERVES = "serves"
    """A port that answers HTTP."""
    NOTEBOOK = "notebook"
    """A port on which a Jupyter server answers."""
    SHARES = "shares"
    """A folder that is shared with the user who starts the container."""
    STOPS = "stops-within"
    """It ends by itself soon after being asked to."""
    RUNS = "runs"
    """Commands other than its own work too."""
    LOGS = "logs"
    """A file, or standard output, can be followed while it runs."""
    TRAINS = "trains"
    """Its command trains a model and prints how good it became."""
    USER = "user"
    """Its processes belong to a user of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One request to a service, and the answer that is expected."""

    method: str = "GET"
    path: str = "/"
    name: str = ""
    """The name that reports use; empty: method and path."""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    """The text that is sent; empty: nothing, or `filler`."""
    filler: int = 0
    """How many filler bytes are sent instead of `body`."""
    file: str = field(default="", metadata={ADDED: True})
    """A file of the suite that is sent instead of `body`; the path starts at the suite's folder."""
    content: str = field(default="", metadata={ADDED: True})
    """The content of that file, in Base64."""
    content_type: str = ""
    """Empty: no content type is sent."""
    file_field: str = ""
    """The name of the form field in which the body is sent as a file; empty: it is sent as it
    is."""
    status: str = "2xx"
    """A status, or a class of statuses: `200`, `4xx`."""
    answers: str = ""
    """JSON that the answer must equal; empty: any."""
    absolute: float = field(default=0.0, metadata={ADDED: True})
    """How far each number in the answer may be from the one in `answers`."""
    contains: str = ""
    """Text that the answer must contain."""
    within_s: float = 10.0
    """Seconds allowed for the whole answer."""
    times: int = 1
    """How often it is asked, one request after the other."""
    keep: bool = False
    """Whether the answer is kept as a fact, so that cells are compared by it."""

    @property
    def told(self) -> str:
        """The name that reports use."""
        return self.name or f"{self.method} {self.path}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """How to recognise that a service is ready."""

    path: str = "/"
    status: str = ""
    """A status or a class of statuses; empty: anything below 500."""
    log: str = ""
    """Text that it prints when ready, used instead of an answer at `path`."""
    within_s: float = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeCell:
    """Code that is executed in a notebook server's kernel, and the output that is expected."""

    code: str
    prints: str = ""
    """Text that its output must contain; empty: anything will do."""
    within_s: float = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Notebook:
    """A Jupyter server behind a port."""

    token: str = ""
    """Empty: the one that the server prints when it starts, otherwise none."""
    base: str = "/"
    """The path under which it is served."""
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
    """User id of files that are written there from inside; empty: that of the user it runs as."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherCommand:
    """A command that is run instead of the container's own."""

    command: tuple[str, ...]
    exits: int = 0
    prints: str = ""
    """Text that its output must contain."""
    within_s: float = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """A log that can be followed while the container's own command runs."""

    file: str = ""
    """Its path; empty: only standard output."""
    numbers: str = ""
    """A pattern whose first group is a number: its matches in the file must equal those on standard
    output. Empty: they are not compared."""
    contains: str = ""
    """Text that the log must contain in the end."""
    within_s: float = 60.0
    """Seconds for the log to appear, and again for it to grow."""
    ends: bool = False
    """Whether the command ends by itself, within `within_s` after the log has grown."""
    second_shell: tuple[str, ...] = field(default=(), metadata={ADDED: True})
    """A command that watches the file inside the running container; what it prints must be in the
    file. Empty: the file is only watched from outside."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """What the container's own command prints about the model it trained."""

    times: int = 1
    """How often it is started, at the same time."""
    same: str = ""
    """A pattern with one group, whose match must be the same each time. Empty: nothing must be the
    same."""
    keep: str = ""
    """A pattern with one group, whose last match becomes a fact by which cells are compared."""
    confusion: str = ""
    """A pattern whose group is a JSON matrix: how many test images of each class (row) were
    classified as each class (column). Empty: `wrong` says how good the model is."""
    wrong: str = ""
    """A pattern with two groups: the number of wrong test images, and the number of all."""
    error_from: float = 0.0
    error_to: float = 1.0
    """The share of wrong test images must lie between `error_from` and `error_to`."""
    agrees_with: str = ""
    """A probe that does the same training in another container of the cell; the shares of wrong
    images must agree within the binomial error and `training_deviation`. Empty: none."""
    training_deviation: float = 0.0
    """Standard deviation of the share of wrong test images between trainings that differ only in
    their random numbers, as a share from 0 to 1."""
    within_s: float = 600.0
    """Seconds until the command must have ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """All that one cell promises."""

    command: tuple[str, ...] = ()
    """The command started instead of the image's own; `{interpreter}` stands for the cell's."""
    user: str = ""
    """The user it runs as: a name or a number. Empty: no user is promised."""
    serves: tuple[Served, ...] = ()
    shares: tuple[SharedFolder, ...] = ()
    stops_within_s: float = 0.0
    """Seconds from the image's stop signal to the end; 0: nothing is promised."""
    runs: tuple[OtherCommand, ...] = ()
    logs: tuple[Followed, ...] = ()
    trains: Trained | None = field(default=None, metadata={ADDED: True})
    """None: it does not promise to train anything."""

    @property
    def kinds(self) -> frozenset[PromiseKind]:
        """The kinds of promises that it makes."""
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
    """Tell whether a status is the wanted one, or belongs to the wanted class."""
    return wanted in (str(status), f"{status // 100}xx")
