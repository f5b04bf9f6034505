"""The cost of recognising breakages, and whether healthy output is mistaken for broken.

The input is output of healthy probes (the store's records, else those of reports/example), build
logs (reports/logs), and the contents of `--logs FOLDER`, for example logs of healthy trainings at
the highest verbosity (TF_CPP_MAX_VLOG_LEVEL=3). Each line counts once. Less than 10 MB is repeated:
the repetition is only for measuring time, the distinct lines are the evidence.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from results_file import arguments, write_result

from harness.knowledge.library import breakages
from harness.knowledge.signatures import recognise
from harness.model import Outcome
from harness.running.session import places
from harness.store.store import Store

ROOT = Path(__file__).resolve().parent.parent
WANTED = 10 * 1024**2


def healthy(logs: Path | None) -> list[str]:
    """Output of successful probes and builds, in which no line occurs twice."""
    texts = []
    if places().store.exists():
        with Store(places().store) as store:
            for run in store.runs():
                records = store.records(run.id)
                texts += [one.noise for one in records if one.outcome is Outcome.OK]
    for line in (ROOT / "reports/example/records.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line).get("record") or {}
        if record.get("outcome") == "ok":
            texts.append(record["noise"])
    texts += [path.read_text("utf-8", "replace") for path in (ROOT / "reports/logs").glob("*.log")]
    if logs:
        texts += [path.read_text("utf-8", "replace") for path in sorted(logs.glob("*.log"))]
    seen: set[str] = set()
    distinct = []
    for text in texts:
        lines = dict.fromkeys(line for line in text.splitlines() if line not in seen)
        seen.update(lines)
        distinct.append("\n".join(lines))
    return [text for text in distinct if text.strip()]


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--logs", type=Path, help="a folder of further healthy output, *.log")
    wanted = parser.parse_args()
    texts = healthy(wanted.logs)
    distinct = sum(map(len, texts))
    times = -(-WANTED // distinct)
    began = time.perf_counter()
    found = [one for _ in range(times) for one in recognise(texts)]
    seconds = time.perf_counter() - began
    total = distinct * times
    tested = [row for row in breakages() if row.sample]
    figures = {
        "distinct_bytes": distinct,
        "bytes": total,
        "seconds": round(seconds, 2),
        "megabytes_per_second": round(total / 1e6 / seconds, 2),
        "false_alarms": sorted({one.breakage.id for one in found}),
        "signatures": len(breakages()),
        "tested": len(tested),
    }
    path = write_result("check_signatures", wanted.date, figures)
    print(
        f"{total / 1e6:.1f} MB of healthy output ({distinct / 1e6:.2f} MB distinct) in "
        f"{seconds:.1f} s: {len(figures['false_alarms'])} false alarms; {path}"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
