"""Install a lock's files, offline: python install.py --from FOLDER (--root FOLDER | --here).

FOLDER holds lock.json (tools, distributions: file names and SHA-256) and the files. Runs on 2.7
to 3.14 with the standard library alone; pip runs from its own wheel and is not installed.
With --root everything lands under that folder, to be copied into an image; with --here it goes
into the running virtual environment.
"""
from __future__ import print_function

import argparse
import hashlib
import io
import json
import os
import subprocess
import sys


def run(command, environment):
    print("$ " + " ".join(command))
    sys.stdout.flush()
    code = subprocess.call(command, env=environment)
    if code:
        sys.exit("install: %s ended with %d" % (command[-1], code))


def verify(folder, files):
    for each in files:
        digest = hashlib.sha256()
        with open(os.path.join(folder, each["filename"]), "rb") as source:
            for chunk in iter(lambda: source.read(1 << 20), b""):
                digest.update(chunk)
        if digest.hexdigest() != each["sha256"]:
            sys.exit("install: %s is not the locked file" % each["filename"])


def same_times(root, epoch):
    """One time for all, so that the same files give the same layer."""
    for folder, folders, files in os.walk(root, topdown=False):
        for name in files:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                os.utime(path, (epoch, epoch))
        os.utime(folder, (epoch, epoch))


def compile_all(root, final):
    """Byte-code beside the sources: a read-only image could never write it. `final` is the path
    the files will have."""
    import compileall

    with open(os.devnull, "w") as nowhere:
        kept, sys.stdout = sys.stdout, nowhere
        try:
            if sys.version_info >= (3, 7):
                mode = __import__("py_compile").PycInvalidationMode.UNCHECKED_HASH
                # Two processes: the machines that build have at least that many cores.
                compileall.compile_dir(
                    root, quiet=2, ddir=final, force=True, invalidation_mode=mode, maxlevels=50, workers=2
                )
            else:
                compileall.compile_dir(root, maxlevels=50, ddir=final, force=True, quiet=1)
        finally:
            sys.stdout = kept


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="source", required=True)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--root")
    where.add_argument("--here", action="store_true")
    arguments = parser.parse_args()
    source = os.path.abspath(arguments.source)
    with io.open(os.path.join(source, "lock.json"), encoding="utf-8") as opened:
        lock = json.load(opened)
    verify(source, lock["tools"] + lock["distributions"])
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or 0)

    environment = dict(
        (name, value)
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "PYTHON"))
    )
    environment.update(
        PIP_CONFIG_FILE=os.devnull,
        PIP_NO_INPUT="1",
        PIP_CACHE_DIR=os.path.join(source, "pip-cache"),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PIP_ROOT_USER_ACTION="ignore",
        PYTHONHASHSEED="0",
        PYTHONDONTWRITEBYTECODE="1",
        HOME=source,
    )
    pip = [sys.executable, os.path.join(source, lock["tools"][0]["filename"]) + "/pip"]
    offline = ["install", "--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check"]
    sdists = [d for d in lock["distributions"] if not d["filename"].endswith(".whl")]
    builders = [t for t in lock["tools"][1:] if t["name"] in ("setuptools", "wheel", "packaging")]
    if sdists and builders:
        tools = os.path.join(source, "tools")
        run(
            pip + offline + ["--target", tools]
            + [os.path.join(source, each["filename"]) for each in builders],
            environment,
        )
        environment["PYTHONPATH"] = tools
    wheels = []
    for each in lock["distributions"]:
        path = os.path.join(source, each["filename"])
        if path.endswith(".whl"):
            wheels.append(path)
            continue
        built = os.path.join(source, "built-" + each["name"])
        run(
            pip + ["wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", built, path],
            environment,
        )
        wheels += [os.path.join(built, name) for name in sorted(os.listdir(built))]
    environment.pop("PYTHONPATH", None)
    into = ["--ignore-installed", "--no-warn-script-location"]
    if arguments.root:
        into += ["--root", os.path.abspath(arguments.root)]
        if not os.path.isdir(arguments.root):
            os.makedirs(arguments.root)
    if wheels:
        run(pip + offline + into + wheels, environment)
    if arguments.root:
        same_times(arguments.root, epoch)
        compile_all(arguments.root, "/")
        same_times(arguments.root, epoch)
    print("installed %d distributions" % len(wheels))


if __name__ == "__main__":
    # The order of a set of constants in byte-code follows the hash seed.
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable] + sys.argv)
    main()
