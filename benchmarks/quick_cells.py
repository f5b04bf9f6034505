"""How long the quick cells take: on an engine that has nothing of ours, and a second time.

Limits: 600 s from nothing, downloads included; 180 s if nothing changed (training is repeated).
From nothing means an empty cache and no image with a label of ours. Those images are removed first,
which must be confirmed with `--yes`, because the next run has to build them again. Nothing else on
the engine is touched.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from results_file import arguments, write_result

from harness.engines.oci import LABEL
from harness.engines.oci.connection import connect

LIMITS_S = {"from nothing": 600, "again": 180}


def remove_our_images() -> int:
    """Remove every image that carries our label, children before their bases; returns how many."""
    client = connect(timeout_s=600)
    try:
        removed = 0
        for kind in ("cell", "base", "root"):
            for image in client.images(filters={"label": f"{LABEL}.kind={kind}"}):
                for name in image["RepoTags"] or [image["Id"]]:
                    client.remove_image(
                        image["Id"] if name == "<none>:<none>" else name, force=True
                    )
                removed += 1
        left = client.images(filters={"label": f"{LABEL}.kind"})
    finally:
        client.close()
    if left:
        raise SystemExit(f"{len(left)} images of ours could not be removed: is something running?")
    return removed


def timed_run(folder: Path) -> float:
    """One `harness run` in seconds; an exit status other than 0 ends the benchmark."""
    environment = {
        **os.environ,
        "HARNESS_STORE": str(folder / "store.sqlite3"),
        "HARNESS_CACHE": str(folder / "cache"),
        "HARNESS_REPORTS": str(folder / "reports"),
    }
    program = Path(sys.executable).with_name("harness")
    began = time.perf_counter()
    ended = subprocess.run(
        [program, "run", "--suite", "standard"],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if ended.returncode != 0:
        raise SystemExit(f"harness run ended with {ended.returncode}: no figure")
    return time.perf_counter() - began


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--yes", action="store_true", help="remove our images and bases first")
    wanted = parser.parse_args()
    if not wanted.yes:
        parser.error("it removes every image with a label of ours: confirm with --yes")
    print(f"removed {remove_our_images()} images")
    with tempfile.TemporaryDirectory(prefix="harness-benchmark-") as name:
        seconds = {what: timed_run(Path(name)) for what in LIMITS_S}
    figures = {
        what: {
            "seconds": round(seconds[what], 1),
            "limit_seconds": limit,
            "ratio": round(seconds[what] / limit, 3),
        }
        for what, limit in LIMITS_S.items()
    }
    path = write_result("quick_cells", wanted.date, figures)
    for what, limit in LIMITS_S.items():
        verdict = "within" if seconds[what] <= limit else "ABOVE"
        ratio = seconds[what] / limit
        print(f"{what}: {seconds[what]:.0f} s of {limit} s ({ratio:.2f}), {verdict} the limit")
    print(path)
    return 0 if all(seconds[what] <= limit for what, limit in LIMITS_S.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
