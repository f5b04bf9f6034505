"""Find the images a probe trains on, and verify that they are the right ones before any training.

Full MNIST is identified by the hashes of its uncompressed files. It is looked for in the folder the
user names, in the cache, and on mirrors; if none has it, the shipped subset is used, with a notice.
The same holds for Fashion-MNIST, for which MNIST is the substitute. A probe always gets four gzip
files in the IDX format and a `dataset.json` that describes them, so that it can verify them again.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from harness.datasets.idx import IdxError, IdxFile, gunzip, read_idx
from harness.datasets.originals import ORIGINALS, Original
from harness.errors import InfrastructureError, InternalError, UsageError
from harness.serial import decode_untrusted, readable

DESCRIPTION = "dataset.json"
_SCHEMA = 1
_LARGEST = 1024**3
"""Bytes of one uncompressed file; a larger one is not read."""
_SHIPPED = Path(__file__).parent
_AGAIN_S = 3600
"""How long mirrors are not tried again after a failure."""

Fetch = Callable[[str], bytes | None]
"""From a file name to its compressed bytes; None if no mirror delivers it in time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DescribedFile:
    """One gzip file: hash, size and shape of its uncompressed content."""

    sha256: str
    bytes: int
    shape: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """The content of dataset.json; probes read it, too."""

    schema: int
    name: str
    digest: str
    validation: int
    files: Mapping[str, DescribedFile]


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSet:
    """Verified files, ready to be mounted; `files` maps names inside the folder to paths."""

    name: str
    digest: str
    """SHA-256 over the names and uncompressed contents of the four files."""
    files: Mapping[str, Path]
    size_bytes: int
    origin: str
    """Where it was found, for a person."""
    notice: str = ""
    """Printed and recorded: why this is not the data set that was asked for."""

    @property
    def folder(self) -> Path:
        return self.files[DESCRIPTION].parent


def find_dataset(
    name: str,
    folder: Path | None,
    cache: Path,
    download: bool = True,
    fetch: Fetch | None = None,
) -> DataSet:
    """Find the data set `name`: in `folder`, else in `cache`, else on its mirrors, else its
    substitute.

    A folder that the user names contains the files, or a folder of the data set's name. If it is
    not right, UsageError says which file is missing, truncated, corrupt, or of another shape or
    content; a folder with only MNIST is simply ignored for other data sets. Mirrors are tried for
    10 s in all, 4 s if none answers, and not again within an hour; `fetch` replaces them. What was
    read or downloaded is kept in `cache`, atomically.
    """
    if name not in ORIGINALS:
        known = ", ".join(sorted(ORIGINALS))
        raise UsageError(f"no data set is called {name!r}", remedy=f"known: {known}")
    original = ORIGINALS[name]
    asked_folder, folder = folder, _meant(original, folder)
    if folder is not None:
        return _keep(original, read_folder(original, folder), cache, origin=f"folder {folder}")
    kept = cache / original.name
    with contextlib.suppress(UsageError, OSError):
        return _load(kept, origin=f"cache {kept}", original=original)
    why = "downloads are switched off"
    asked = cache / f"{original.name}.asked-in-vain"
    if download and _young(asked):
        why = "no mirror gave it when they were asked within the last hour"
    elif download:
        files = _download(original, fetch)
        if files is not None:
            return _keep(original, files, cache, origin="downloaded, and now in the cache")
        why = "no mirror gave it in time"
        with contextlib.suppress(OSError):
            cache.mkdir(parents=True, exist_ok=True)
            asked.touch()
    lacking = f"{original.name} is neither in a named folder nor in the cache, and {why}"
    if original.stand_in:
        other = find_dataset(original.stand_in, asked_folder, cache, download, fetch)
        notice = f"{lacking}: {other.name} stands in"
        return replace(other, notice=f"{notice}; {other.notice}" if other.notice else notice)
    notice = f"{lacking}: the shipped {original.subset} is used instead"
    try:
        return _load(_SHIPPED / original.subset, origin="shipped subset", notice=notice)
    except (UsageError, OSError) as error:
        raise InternalError(f"the shipped {original.subset} is damaged: {error}") from error


def _meant(original: Original, folder: Path | None) -> Path | None:
    """The part of the user's folder that should have this data set; None if the folder is for
    another."""
    if folder is None:
        return None
    if (folder / original.name).is_dir():
        return folder / original.name
    if original.stand_in and _holds(ORIGINALS[original.stand_in], folder):
        return None
    return folder


def _holds(original: Original, folder: Path) -> bool:
    """Whether a folder has that data set, judged by its smallest file or by a folder of its
    name."""
    smallest = min(original.shapes, key=lambda stem: IdxFile.size_of(original.shapes[stem]))
    if (folder / original.name).is_dir():
        return True
    path = _present(folder, smallest)
    try:
        return path is not None and bool(_verified(original, smallest, path))
    except (IdxError, OSError):
        return False


def _young(path: Path) -> bool:
    """Whether a file was touched within the last hour."""
    try:
        return 0 <= time.time() - path.stat().st_mtime < _AGAIN_S
    except OSError:
        return False


def read_folder(original: Original, folder: Path) -> dict[str, bytes]:
    """The verified, uncompressed bytes of the four files in `folder`, where they may be gzipped or
    not.

    Raises UsageError that names every file that is wrong, and what is wrong with each.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", remedy=f"name one that holds {original.name}")
    found: dict[str, bytes] = {}
    problems: list[str] = []
    for stem in original.sha256:
        path = _present(folder, stem)
        if path is None:
            problems.append(f"{folder / stem}.gz: missing")
            continue
        try:
            found[stem] = _verified(original, stem, path)
        except (IdxError, OSError) as error:
            problems.append(f"{path}: {error}")
    if problems:
        raise UsageError(
            f"the data set {original.name} cannot be used:\n  " + "\n  ".join(problems),
            remedy=f"put the four original files of {original.name} there, or name no folder",
        )
    return found


def describe(name: str, validation: int, files: Mapping[str, bytes]) -> Description:
    """The content of dataset.json for uncompressed `files`, by name without .gz."""
    described = {
        f"{stem}.gz": DescribedFile(
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            shape=read_idx(content).shape,
        )
        for stem, content in files.items()
    }
    return Description(
        schema=_SCHEMA,
        name=name,
        digest=_digest({stem: described[f"{stem}.gz"].sha256 for stem in files}),
        validation=validation,
        files=described,
    )


def write_dataset(
    name: str, validation: int, files: Mapping[str, bytes], folder: Path, *, level: int = 6
) -> None:
    """Write the four gzip files (without time stamps) and dataset.json into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem, content in files.items():
        (folder / f"{stem}.gz").write_bytes(gzip.compress(content, level, mtime=0))
    text = readable(asdict(describe(name, validation, files)))
    (folder / DESCRIPTION).write_text(text, encoding="ascii")


def digests_of(name: str) -> Mapping[str, str]:
    """The digests of a data set and of those that may be used in its place, by name. Empty for a
    data set that is not known here."""
    original = ORIGINALS.get(name)
    if original is None:
        return {}
    if original.stand_in:
        return {original.name: _digest(original.sha256), **digests_of(original.stand_in)}
    subset = _load(_SHIPPED / original.subset, origin="shipped subset")
    return {original.name: _digest(original.sha256), subset.name: subset.digest}


def _digest(sha256: Mapping[str, str]) -> str:
    lines = "".join(f"{stem}.gz {value}\n" for stem, value in sorted(sha256.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _present(folder: Path, stem: str) -> Path | None:
    """The file's path: mirrors and copies use `-idx3` or `.idx3`, gzipped or not."""
    for spelt in (stem, stem.replace("-idx", ".idx")):
        for path in (folder / f"{spelt}.gz", folder / spelt):
            if path.is_file():
                return path
    return None


def _verified(original: Original, stem: str, path: Path) -> bytes:
    shape = original.shapes[stem]
    expected = IdxFile.size_of(shape)
    with path.open("rb") as stream:
        content = (
            gunzip(stream.read(expected + 65536), expected)
            if path.suffix == ".gz"
            else stream.read(expected + 1)
        )
    return _checked(original, stem, content)


def _checked(original: Original, stem: str, content: bytes) -> bytes:
    found = read_idx(content).shape
    if found != original.shapes[stem]:
        raise IdxError(f"its shape is {_by(found)}, not {_by(original.shapes[stem])}")
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != original.sha256[stem]:
        raise IdxError(
            f"well formed, but not {original.name}: the SHA-256 of its uncompressed bytes is "
            f"{sha256[:16]}..., not {original.sha256[stem][:16]}..."
        )
    return content


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _download(original: Original, fetch: Fetch | None) -> dict[str, bytes] | None:
    if fetch is None:
        from harness.datasets.mirrors import Mirrors

        fetch = Mirrors(original.mirrors).fetch
    files = {}
    for stem, shape in original.shapes.items():
        compressed = fetch(f"{stem}.gz")
        if compressed is None:
            return None
        try:
            content = gunzip(compressed, IdxFile.size_of(shape))
            files[stem] = _checked(original, stem, content)
        except IdxError:
            return None
    return files


def _keep(original: Original, files: Mapping[str, bytes], cache: Path, *, origin: str) -> DataSet:
    """Put it into the cache unless it is there, by writing beside it and renaming, so it is never
    partial."""
    kept = cache / original.name
    with contextlib.suppress(UsageError, OSError):
        return _load(kept, origin=origin, original=original)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{original.name}-", dir=cache) as scratch:
            fresh = Path(scratch) / original.name
            write_dataset(original.name, original.validation, files, fresh)
            if kept.exists():
                shutil.rmtree(kept)
            try:
                fresh.rename(kept)
            except OSError:
                # Another harness may have been faster; its files are verified like ours.
                if not kept.is_dir():
                    raise
        return _load(kept, origin=origin, original=original)
    except OSError as error:
        raise InfrastructureError(
            f"the data set cannot be kept in {cache}: {error}",
            remedy="make room there, or name another folder for the cache",
        ) from error


def _load(
    folder: Path, *, origin: str, notice: str = "", original: Original | None = None
) -> DataSet:
    """Load a folder written by `write_dataset`; every byte is read and verified again."""
    try:
        content = (folder / DESCRIPTION).read_bytes()
        description = decode_untrusted({"schema": Description}, content)
        for name, one in description.files.items():
            if Path(name).name != name or not 0 < one.bytes <= _LARGEST:
                raise ValueError(f"{DESCRIPTION} describes a file that is none of a data set")
        stems = {
            name.removesuffix(".gz"): gunzip((folder / name).read_bytes(), one.bytes)
            for name, one in description.files.items()
        }
        expected = describe(description.name, description.validation, stems)
    except ValueError as error:
        raise UsageError(f"{folder}: {error}") from error
    if description != expected:
        raise UsageError(f"{folder}: its files are not the ones that {DESCRIPTION} describes")
    if original is not None and dict(original.sha256) != {
        stem: hashlib.sha256(content).hexdigest() for stem, content in stems.items()
    }:
        raise UsageError(f"{folder}: not {original.name}")
    files = {name: folder / name for name in (*description.files, DESCRIPTION)}
    return DataSet(
        name=description.name,
        digest=description.digest,
        files=files,
        size_bytes=sum(path.stat().st_size for path in files.values()),
        origin=origin,
        notice=notice,
    )
