"""How long `harness check` takes compared with `docker pull`, with a registry on this machine.

Needs Docker and Debian's docker-registry. An image of the engine is flattened (so that pulling
cannot reuse layers), pushed and removed from the engine. Then, in this order, it is checked (the
first time, and unchanged), looked into with `--static`, and pulled. Limits: 1 s for a check; for
`--static` 300 MB of memory in each process, and no more time than pulling. Everything made here is
removed.
"""

from __future__ import annotations

import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from results_file import arguments, write_result

HARNESS = str(Path(sys.executable).with_name("harness"))
CHECK_S = 1.0
MEMORY_MB = 300
HOST = """{"harness_host": 1, "machine": "x86_64", "vsyscall": "xonly",
 "cpu": {"flags": ["avx", "avx2"]},
 "engines": [{"name": "docker", "version": "28.2.2", "free_bytes": 1000000000000}]}"""


def run(*command: str) -> float:
    """Seconds that a command takes. Exit statuses 0, 1 and 5 are accepted; any other ends the
    benchmark."""
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1, 5):
        raise SystemExit(f"{' '.join(command)} ended in {done.returncode}: {done.stderr[-500:]}")
    return time.perf_counter() - began


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def flattened(image: str, name: str) -> None:
    """Give the image's content a new name, as a single layer of its own."""
    container = subprocess.check_output(["docker", "create", image, "x"], text=True).strip()
    try:
        export = subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE)
        subprocess.run(
            ["docker", "import", "-", name], stdin=export.stdout, stdout=subprocess.PIPE, check=True
        )
        export.wait()
    finally:
        subprocess.run(["docker", "rm", container], stdout=subprocess.PIPE, check=True)


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("image", help="an image of the engine, of 1 to 2 GB")
    parser.add_argument("--checks", type=int, default=10)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch, port = Path(folder), free_port()
        (scratch / "host.json").write_text(HOST)
        (scratch / "registry.yml").write_text(
            "version: 0.1\nlog: {level: error}\n"
            f"storage: {{filesystem: {{rootdirectory: {scratch}/registry}}}}\n"
            f'http: {{addr: "127.0.0.1:{port}"}}\n'
        )
        registry = subprocess.Popen(
            ["docker-registry", "serve", str(scratch / "registry.yml")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            figures = measure(
                wanted.image, f"127.0.0.1:{port}/bench/image:1", scratch, wanted.checks
            )
        finally:
            registry.terminate()
            registry.wait()
    path = write_result("check_registry", wanted.date, figures)
    held = (
        figures["check_seconds"] <= CHECK_S
        and figures["static_memory_mb"] <= MEMORY_MB
        and figures["static_to_pull"] <= 1
    )
    print(
        f"check {figures['check_seconds']:.2f} s, unchanged {figures['unchanged_seconds']:.2f} s "
        f"(limit {CHECK_S:g} s); --static {figures['static_seconds']:.1f} s and "
        f"{figures['static_memory_mb']:.0f} MB, docker pull {figures['pull_seconds']:.1f} s: "
        f"{figures['static_to_pull']:.2f} times; {'within' if held else 'ABOVE'} the limits; {path}"
    )
    return 0 if held else 1


def measure(image: str, name: str, scratch: Path, checks: int) -> dict[str, float]:
    flattened(image, name)
    try:
        size = int(subprocess.check_output(["docker", "image", "inspect", "-f", "{{.Size}}", name]))
        subprocess.run(["docker", "push", "-q", name], stdout=subprocess.PIPE, check=True)
        subprocess.run(["docker", "rmi", name], stdout=subprocess.PIPE, check=True)
        check = (HARNESS, "check", name, "--host", str(scratch / "host.json"))
        first, unchanged = [], []
        for number in range(checks):
            os.environ["HARNESS_CACHE"] = str(scratch / f"cache{number}")
            first.append(run(*check))
            unchanged.append(run(*check))
        static = run(*check, "--static")
        # The largest process of all that ended so far; no earlier one came near it.
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        pull = run("docker", "pull", "-q", name)
    finally:
        subprocess.run(["docker", "rmi", name], capture_output=True, check=False)
    return {
        "image_gb": round(size / 1e9, 2),
        "check_seconds": round(statistics.median(first), 3),
        "unchanged_seconds": round(statistics.median(unchanged), 3),
        "static_seconds": round(static, 1),
        "static_memory_mb": round(memory),
        "pull_seconds": round(pull, 1),
        "static_to_pull": round(static / pull, 2),
    }


if __name__ == "__main__":
    sys.exit(main())
