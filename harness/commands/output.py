"""Standard output and output files: checked before anything starts, and written so that results
survive if writing fails."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from harness.errors import HarnessError, InfrastructureError, UsageError
from harness.machine.files import atomic_write, check_file, check_folder

STANDARD_OUTPUT = "-"


def writable(path: Path | None) -> Path | None:
    """Check the file that a command is to write. Raises UsageError before the command begins: an
    hour's work must not be lost to a mistyped name."""
    if path is not None and str(path) != STANDARD_OUTPUT:
        check_file(path)
    return path


def writable_folder(path: Path | None) -> Path | None:
    """Check the folder that a command is to write into; it need not exist yet. Raises
    UsageError."""
    if path is not None:
        check_folder(path)
    return path


def put_out(text: str) -> None:
    """Print on standard output, and flush.

    A reader that has gone (`| head`) is no failure. Raises InfrastructureError if standard output
    is closed or accepts no more.
    """
    if sys.stdout is None or sys.stdout.closed:
        raise _not_taken("it is closed")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        forget_standard_output()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        forget_standard_output()
        raise _not_taken(why) from None


def forget_standard_output() -> None:
    """Write nothing more to standard output, not even what is left in its buffer."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return


def written_beside(pages: Iterable[tuple[str, str]], output: Path | None) -> None:
    """Write the pages that accompany a file, each in its place; nothing if there is no file. Raises
    InfrastructureError if one cannot be written."""
    if output is None or str(output) == STANDARD_OUTPUT:
        return
    for place, text in pages:
        path = output.parent / place
        try:
            path.parent.mkdir(exist_ok=True)
            atomic_write(path, text.encode())
        except (OSError, UsageError) as error:
            raise InfrastructureError(f"{path} could not be written: {error}") from None


def _not_taken(why: str) -> InfrastructureError:
    return InfrastructureError(
        f"the result could not be written to standard output: {why}",
        remedy="name a file: --output FILE; a run's report is in the reports folder too, and "
        "`harness report` gives it again",
    )


def written(text: str, output: Path | None) -> None:
    """Print a report, or write it to a file as a whole. If the file can no longer be written, the
    report is printed and then the error is raised."""
    whole = text if text.endswith("\n") else f"{text}\n"
    if output is None or str(output) == STANDARD_OUTPUT:
        put_out(whole)
        return
    try:
        atomic_write(output, text.encode())
    except HarnessError as error:
        put_out(whole)
        # Something was started, so a failure to write is no longer a mistake of the command line.
        kind = InfrastructureError if isinstance(error, UsageError) else type(error)
        raise kind(f"{error.message}: it was printed instead", remedy=error.remedy) from None
