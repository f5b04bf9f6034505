"""The cost of a service cell beyond the start of its container and its own start-up: at most 1 s.

ours   a whole run of one cell that serves and one check, from the first engine call to the
       committed record: network, container, wait for readiness, the probe's process, the request,
       and removal of everything
bare   `docker run --detach` of the same service by the client of the engine's own package with the
       same limits, on the engine's own bridge, until it answers; its removal is not counted

Both are measured for a service that listens at once, and for one that takes 3 s to load, whose
readiness must be noticed. The sides alternate in random order, after one uncounted start each. The
figure is the difference of medians, with the 95 % interval of 2,000 resamplings of the rounds.
"""

from __future__ import annotations

import http.client
import os
import random
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from results_file import arguments, write_result

from harness.engines.oci.specification import USER
from harness.model import Profile, Record
from harness.probing.probe import load_probe
from harness.recipes.orders import orders
from harness.running.local import LocalExecutor
from harness.running.runner import Hearing, PlannedRun, execute
from harness.running.session import CONTAINER_ENGINES, opened_engine, workshop
from harness.store.store import Store
from harness.suite.matrix import load_suite

RESAMPLES = 2000
LIMIT_S = 1.0
CLIENT = next((path for path in ("/usr/bin/docker",) if Path(path).is_file()), "docker")
ROOT = Path(__file__).resolve().parents[1]
PORT = 5000
SERVICE = """
import sys, time
time.sleep(float(sys.argv[1]))
from http.server import BaseHTTPRequestHandler as Base, ThreadingHTTPServer as Server
class Answers(Base):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *_): pass
Server(("0.0.0.0", 5000), Answers).serve_forever()
"""


def suite_of(folder: Path, image: str, interpreter: str, loads: float) -> Path:
    folder.mkdir()
    program = "\n".join(f"        {line}" for line in SERVICE.splitlines())
    (folder / "matrix.yaml").write_text(
        f"version: 1\nprobes: [http]\ncells:\n  - id: one\n    image: {image!r}\n"
        f"    interpreter: {interpreter}\n    level: L0\n    command:\n"
        f'      - "{{interpreter}}"\n      - -c\n      - |\n{program}\n      - "{loads:g}"\n'
        f"    serves: [{{port: {PORT}, checks: [{{ask: GET /, contains: ok}}]}}]\n"
    )
    return folder


def ours(folder: Path) -> float:
    """Seconds of one whole run. Raises SystemExit if the promise is not kept."""
    suite = load_suite(folder)
    plan = PlannedRun(
        suite=suite,
        orders=orders(suite, suite.cells),
        probes=(load_probe(ROOT / "probes" / "http.py"),),
        rounds=1,
        dataset=None,
    )
    committed: list[float] = []
    records: list[Record] = []

    def recorded(record: Record) -> None:
        committed.append(time.perf_counter())
        records.append(record)

    with Store(folder / "store.sqlite3") as store:
        began = time.perf_counter()
        with opened_engine(CONTAINER_ENGINES[0], workshop(suite)) as (engine, _):
            hearing = Hearing(tell=lambda *_: None, recorded=recorded)
            execute(plan, LocalExecutor(engine), store, hearing)
    (record,) = records
    if record.outcome != "ok" or record.facts["http.broken"]:
        raise SystemExit(f"no figure: {record.outcome} {record.reason} {dict(record.facts)}")
    return committed[-1] - began


def bare(image: str, interpreter: str, loads: float) -> float:
    """Seconds from `docker run` until the service answers."""
    profile = Profile()
    began = time.perf_counter()
    container = subprocess.run(
        [
            *(CLIENT, "run", "--detach", "--publish", f"127.0.0.1::{PORT}", "--read-only"),
            *("--cap-drop", "ALL", "--security-opt", "no-new-privileges:true"),
            *("--memory", str(profile.memory_bytes), "--memory-swap", str(profile.memory_bytes)),
            *("--user", f"{USER}:{USER}", "--tmpfs", "/tmp", "--entrypoint", interpreter),
            *(image, "-c", SERVICE, f"{loads:g}"),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    try:
        told = subprocess.run(
            [CLIENT, "port", container, str(PORT)], capture_output=True, text=True, check=True
        ).stdout
        port = int(told.splitlines()[0].rpartition(":")[2])
        while not answers(port):
            time.sleep(0.01)
        return time.perf_counter() - began
    finally:
        subprocess.run([CLIENT, "rm", "-f", "-v", container], stdout=subprocess.DEVNULL, check=True)


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def over(found: Sequence[Mapping[str, float]]) -> float:
    mine, theirs = (statistics.median(one[name] for one in found) for name in ("ours", "bare"))
    return mine - theirs


def measured(folder: Path, wanted: tuple[str, str], loads: float, count: int) -> dict[str, object]:
    image, interpreter = wanted
    suite = suite_of(folder, image, interpreter, loads)
    chance = random.Random(0)
    sides = {"ours": lambda: ours(suite), "bare": lambda: bare(image, interpreter, loads)}
    for side in sides.values():
        side()
    found = []
    for _ in range(count):
        order = chance.sample(sorted(sides), k=len(sides))
        found.append({name: sides[name]() for name in order})
    again = sorted(over(chance.choices(found, k=len(found))) for _ in range(RESAMPLES))
    return {
        "median_seconds": {
            name: round(statistics.median(one[name] for one in found), 3) for name in sides
        },
        "rounds": count,
        "over_seconds": round(over(found), 3),
        "interval_95": [round(again[int(share * RESAMPLES)], 3) for share in (0.025, 0.975)],
        "limit_seconds": LIMIT_S,
    }


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--image", required=True, help="an image with a Python 3, on the engine")
    parser.add_argument("--interpreter", default="python3")
    wanted = parser.parse_args()
    image = (wanted.image, wanted.interpreter)
    with TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["HARNESS_REPORTS"] = f"{folder}/reports"
        found = {
            "at_once": measured(folder / "at-once", image, 0.0, wanted.rounds),
            "loads_3_s": measured(folder / "loads", image, 3.0, max(3, wanted.rounds // 3)),
        }
    print(write_result("service_cell", wanted.date, found))
    for name, figures in found.items():
        print(f"{name}: {figures['over_seconds']} s over, at most {LIMIT_S:g}")
    return int(any(float(str(one["over_seconds"])) > LIMIT_S for one in found.values()))


if __name__ == "__main__":
    raise SystemExit(main())
