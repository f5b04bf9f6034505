"""The cost of reading an image's files from outside: seconds and memory per GB, for each image.

The largest images of cells on the engine (`--most`) are read as in a run: from a container that is
never started, through the bounded process, without the cache. Wall-clock seconds depend on what
else the machine does; the processor seconds of our two processes hardly do. The limits: 16 s a GB,
150 MB of memory, on two cores.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

from results_file import arguments, write_result

from harness.engines.files import FileReader
from harness.engines.oci import LABEL, files
from harness.engines.oci.connection import connect
from harness.machine.owner import owner_token

GB = 1e9


def spent() -> float:
    """Processor seconds of this process and of those it has waited for."""
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(one.ru_utime + one.ru_stime for one in map(resource.getrusage, both))


def measured(client: Any, image: dict[str, Any]) -> dict[str, Any]:
    """The figures of one image, read once."""
    labels = {f"{LABEL}.kind": "files", f"{LABEL}.owner": owner_token()}
    sent = 0

    class Counting(FileReader):
        def _until_stopped(self, chunks: Any) -> Iterator[bytes]:
            nonlocal sent
            for chunk in chunks:
                sent += len(chunk)
                yield chunk

    with TemporaryDirectory() as cache:
        began, processor = time.monotonic(), spent()
        read = files.read_image_files(
            client,
            Counting(Path(cache), Event()),
            image["Id"],
            (image["Labels"] or {}).get(f"{LABEL}.interpreter", ""),
            labels,
        )
        seconds, processor = time.monotonic() - began, spent() - processor
    return {
        "image": (image["RepoTags"] or [image["Id"]])[0],
        "gigabytes": round(sent / GB, 2),
        "seconds_a_gigabyte": round(seconds / sent * GB, 1),
        "processor_seconds_a_gigabyte": round(processor / sent * GB, 1),
        "peak_memory_mb": round(read.peak_kib / 1024),
        "facts": len(read.facts),
        "problem": read.problem,
    }


def main() -> int:
    asked = arguments(__doc__)
    asked.add_argument("--most", type=int, default=3, help="images to read, the largest first")
    told = asked.parse_args()
    client: Any = connect(timeout_s=600)
    images = client.images(filters={"label": f"{LABEL}.kind=cell"})
    largest = sorted(images, key=lambda one: -one["Size"])[: told.most]
    figures = {
        "load_before": round(os.getloadavg()[0], 1),
        "images": [measured(client, one) for one in largest],
    }
    print(write_result("second_opinion", told.date, figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
