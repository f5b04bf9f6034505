"""Show that nothing is stored twice: distributions in the cache, layers of cells on the engine.

The cache is addressed by content: the files named in all locks, each counted once, are compared
with what it contains. On the engine, the sizes of the cells' images are summed in two ways: as each
image reports its own (a shared base counts in each), and with every chain of layers counted once.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from results_file import arguments, write_result

from harness.engines.oci import LABEL
from harness.engines.oci.connection import connect
from harness.recipes.lockfile import parse_lock
from harness.running.session import places

LOCKS = Path(__file__).resolve().parents[1] / "dockerfiles" / "locks"


def cache_figures() -> dict[str, Any]:
    """What the locks need, and what the cache contains; every file is hashed again."""
    wanted: Counter[str] = Counter()
    sizes: dict[str, int] = {}
    for path in sorted(LOCKS.glob("*.json")):
        lock = parse_lock(path.read_text("utf-8"), str(path))
        for artifact in (*lock.tools, *lock.distributions):
            wanted[artifact.sha256] += 1
            sizes[artifact.sha256] = artifact.size
    root = places().cache / "distributions"
    files = [path for path in root.glob("*/*") if path.suffix != ".part"]
    content = Counter(digest(path) for path in files)
    return {
        "locks": len(list(LOCKS.glob("*.json"))),
        "files_named_by_locks": wanted.total(),
        "bytes_if_each_lock_had_its_own": sum(sizes[one] * count for one, count in wanted.items()),
        "distinct_files_named": len(wanted),
        "bytes_of_distinct_files": sum(sizes.values()),
        "files_in_cache": len(files),
        "bytes_in_cache": sum(path.stat().st_size for path in files),
        "contents_held_twice": sum(count > 1 for count in content.values()),
        "files_under_another_name_than_their_digest": sum(
            path.name not in content for path in files
        ),
    }


def digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def engine_figures() -> dict[str, Any]:
    """The reported sizes of the cells' images, and the sizes of their distinct chains of layers."""
    client: Any = connect()
    try:
        images = client.images(filters={"label": f"{LABEL}.kind=cell"})
        chains: dict[tuple[str, ...], int] = {}
        layers: set[str] = set()
        for image in images:
            found: dict[str, Any] = client.inspect_image(image["Id"])
            stack = tuple(found["RootFS"]["Layers"])
            layers.update(stack)
            sizes = layer_sizes(client.history(image["Id"]), len(stack))
            for depth, size in enumerate(sizes, start=1):
                chains[stack[:depth]] = size
        return {
            "cell_images": len(images),
            "sum_of_image_sizes": sum(image["Size"] for image in images),
            "stored_bytes": sum(chains.values()),
            "stored_chains": len(chains),
            "distinct_layers": len(layers),
            "layers_stored_twice": len(chains) - len(layers),
        }
    finally:
        client.close()


def layer_sizes(history: list[dict[str, Any]], layers: int) -> list[int]:
    """Sizes of the layers, the lowest first; steps that only change settings have no layer."""
    sizes = [int(step["Size"]) for step in reversed(history) if step["Size"]]
    if len(sizes) != layers:
        raise SystemExit("an image's history does not tell which layer has which size")
    return sizes


def main() -> int:
    wanted = arguments(__doc__).parse_args()
    cache, engine = cache_figures(), engine_figures()
    path = write_result("storage", wanted.date, {"cache": cache, "engine": engine})
    print(
        f"cache: {cache['files_in_cache']} files, {cache['contents_held_twice']} held twice; "
        f"{cache['bytes_of_distinct_files'] / 1e6:.0f} MB serve locks that name "
        f"{cache['bytes_if_each_lock_had_its_own'] / 1e6:.0f} MB"
    )
    told, stored = engine["sum_of_image_sizes"], engine["stored_bytes"]
    print(
        f"engine: {engine['cell_images']} cell images of {told / 1e6:.0f} MB in all are stored in "
        f"{stored / 1e6:.0f} MB ({stored / max(told, 1):.2f}), "
        f"{engine['layers_stored_twice']} layers twice; {path}"
    )
    twice = cache["contents_held_twice"] + engine["layers_stored_twice"]
    return 1 if twice or cache["files_under_another_name_than_their_digest"] else 0


if __name__ == "__main__":
    sys.exit(main())
