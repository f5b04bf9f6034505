"""A `gh` for tests: it knows what we use of GitHub's command line, and refuses everything else.

What it was asked lies in FAKE_GH/log.jsonl, the issues in FAKE_GH/issues.json.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

PLACE = Path(os.environ["FAKE_GH"])
TAKES = {
    ("issue", "list"): {"--label", "--state", "--limit", "--json"},
    ("label", "create"): {"--force", "--color", "--description"},
    ("issue", "create"): {"--title", "--label", "--body-file"},
    ("issue", "close"): {"--comment"},
    ("run", "list"): {"--workflow", "--branch", "--status", "--limit", "--json", "--jq"},
    ("run", "download"): {"--name", "--dir"},
}
"""Options of each command, as its manual has them; all but --force take a value."""


def parsed(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """What is named, and the options; whoever is asked for more ends in 1."""
    known = TAKES.get(tuple(arguments[:2]))  # type: ignore[call-overload]
    if known is None:
        sys.exit(f"unknown command {arguments[:2]}")
    rest, options = [], {}
    coming = iter(arguments[2:])
    for one in coming:
        if not one.startswith("-"):
            rest.append(one)
        elif one not in known:
            sys.exit(f"unknown flag: {one}")
        elif one == "--force":
            options[one] = ""
        else:
            options[one] = next(coming)
    return rest, options


def main() -> None:
    arguments = sys.argv[1:]
    with (PLACE / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(arguments) + "\n")
    if (PLACE / "broken").exists():
        sys.exit("HTTP 401: Bad credentials (https://api.github.com/graphql)")
    rest, options = parsed(arguments)
    file = PLACE / "issues.json"
    issues = json.loads(file.read_text("utf-8")) if file.exists() else []
    match arguments[:2]:
        case ["issue", "list"]:
            assert "open" == options["--state"]
            shown = options["--json"].split(",")
            found = [one for one in issues if one["open"] and options["--label"] in one["labels"]]
            print(json.dumps([{name: one[name] for name in shown} for one in found]))
        case ["label", "create"]:
            assert 1 == len(rest)
            (PLACE / "labels").write_text(rest[0], "utf-8")
        case ["issue", "create"]:
            assert [] == rest
            assert options["--label"] == (PLACE / "labels").read_text("utf-8"), "no such label"
            body = sys.stdin.read() if options["--body-file"] == "-" else None
            number = len(issues) + 1
            issues.append(
                {
                    "number": number,
                    "title": options["--title"],
                    "body": body,
                    "labels": [options["--label"]],
                    "open": True,
                    "last": "",
                }
            )
            print(f"https://github.com/o/r/issues/{number}")
        case ["issue", "close"]:
            issue = issues[int(rest[0]) - 1]
            issue |= {"open": False, "last": options["--comment"]}
        case ["run", "list"]:
            print((PLACE / "last-run").read_text("utf-8") if (PLACE / "last-run").exists() else "")
        case ["run", "download"]:
            source = PLACE / "artifacts" / options["--name"]
            if not source.is_dir():
                sys.exit("no artifact matches any of the names or patterns provided")
            folder = Path(options["--dir"])
            folder.mkdir(parents=True, exist_ok=True)
            for one in source.iterdir():
                (folder / one.name).write_bytes(one.read_bytes())
    file.write_text(json.dumps(issues), "utf-8")


if __name__ == "__main__":
    main()
