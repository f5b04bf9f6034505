"""Resolve requirements with the interpreter that runs this: python resolve.py REQUEST.json.

Runs inside a cell's base, on 2.7 to 3.14, with the standard library alone. pip runs from its own
wheel against the index the request names and nothing else; what it downloads is the answer.
The last line printed is `resolved ` and a JSON list of file names.
"""
from __future__ import print_function

import io
import json
import os
import subprocess
import sys
import tempfile


def main():
    with io.open(sys.argv[1], encoding="utf-8") as opened:
        request = json.load(opened)
    here = os.path.dirname(os.path.abspath(sys.argv[1]))
    scratch = tempfile.mkdtemp()
    environment = dict(
        (name, value)
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "PYTHON"))
    )
    environment.update(
        PIP_CONFIG_FILE=os.devnull,
        PIP_NO_INPUT="1",
        PIP_CACHE_DIR=os.path.join(scratch, "cache"),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PIP_ROOT_USER_ACTION="ignore",
        HOME=scratch,
        TMPDIR=scratch,
    )
    pip = [sys.executable, os.path.join(here, request["pip"]) + "/pip"]
    tools = os.path.join(scratch, "tools")
    code = subprocess.call(
        pip + ["install", "--no-index", "--no-deps", "--quiet", "--target", tools]
        + [os.path.join(here, name) for name in request["builders"]],
        env=environment,
    )
    if code:
        sys.exit("resolve: the build tools could not be installed")
    environment["PYTHONPATH"] = tools
    wanted = os.path.join(scratch, "wanted")
    constraints = os.path.join(scratch, "constraints")
    found = os.path.join(scratch, "found")
    for path, lines in ((wanted, request["install"]), (constraints, request["constraints"])):
        with io.open(path, "w", encoding="utf-8") as out:
            out.write(u"".join(line + u"\n" for line in lines))
    code = subprocess.call(
        pip + [
            "download", "--dest", found, "--index-url", request["index"], "--no-build-isolation",
            "--prefer-binary", "--progress-bar", "off", "-c", constraints, "-r", wanted,
        ],
        env=environment,
    )
    if code:
        sys.exit("resolve: pip found no set of distributions (above is what it said)")
    print("\nresolved " + json.dumps(sorted(os.listdir(found))))


if __name__ == "__main__":
    main()
