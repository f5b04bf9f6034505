"""Install a lock's files, offline: python install.py --from FOLDER (--root FOLDER | --here | --wheels FOLDER).

FOLDER holds lock.json (tools, distributions: file names and SHA-256) and the files. Runs on 2.7
to 3.14 with the standard library alone; pip runs from its own wheel and is not installed.
With --root everything lands under that folder, to be copied into an image; with --here it goes
into the running virtual environment; with --wheels source distributions alone are built, and
their wheels put there.
"""
from __future__ import print_function

import argparse
import hashlib
import io
import json
import os
import re
import stat
import subprocess
import sys

OFFLINE = ["--no-index", "--no-deps"]


def run(command, environment):
    print("$ " + " ".join(command))
    sys.stdout.flush()
    code = subprocess.call(command, env=environment)
    if code:
        sys.exit("install: %s ended with %d" % (command[-1], code))


def read_lock(folder):
    with io.open(os.path.join(folder, "lock.json"), encoding="utf-8") as opened:
        return json.load(opened)


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


def as_in_place(root):
    """The owner and mode that each file would have had, installed where it belongs: folders that
    are there keep theirs, and what has their sticky group hands it on."""
    for folder, folders, files in os.walk(root):
        there = os.path.join("/", os.path.relpath(folder, root))
        if os.path.isdir(there):
            found = os.stat(there)
            os.chown(folder, found.st_uid, found.st_gid)
            os.chmod(folder, stat.S_IMODE(found.st_mode))
        found = os.stat(folder)
        if found.st_mode & stat.S_ISGID:
            for name in folders + files:
                path = os.path.join(folder, name)
                os.lchown(path, os.lstat(path).st_uid, found.st_gid)
                if name in folders and not os.path.islink(path):
                    os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) | stat.S_ISGID)


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


def pip_environment(folder):
    """What pip and what it starts may see: nothing that decides how they behave, but this."""
    environment = dict(
        (name, value)
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "PYTHON"))
    )
    environment.update(
        PIP_CONFIG_FILE=os.devnull,
        PIP_NO_INPUT="1",
        PIP_CACHE_DIR=os.path.join(folder, "pip-cache"),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PIP_ROOT_USER_ACTION="ignore",
        PYTHONHASHSEED="0",
        PYTHONDONTWRITEBYTECODE="1",
        HOME=folder,
    )
    return environment


def build_wheels(source, lock, out, pip, environment):
    """Build the source distributions with the lock's own tools; their wheels land in `out`."""
    sdists = [d for d in lock["distributions"] if not d["filename"].endswith(".whl")]
    builders = [t for t in lock["tools"][1:] if t["name"] in ("setuptools", "wheel", "packaging")]
    environment = dict(environment)
    if sdists and builders:
        tools = os.path.join(out, "tools")
        run(
            pip + ["install"] + OFFLINE + ["--no-compile", "--target", tools]
            + [os.path.join(source, each["filename"]) for each in builders],
            environment,
        )
        environment["PYTHONPATH"] = tools
    for each in sdists:
        path = os.path.join(source, each["filename"])
        run(pip + ["wheel"] + OFFLINE + ["--no-build-isolation", "-w", out, path], environment)


def name_of(path):
    return os.path.basename(path).split("-")[0]


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def wheels_of(source, lock, built):
    """The path of every wheel that is to be installed: the locked, and one for each source
    distribution, which may have put anything beside it."""
    names = [str(d["filename"]) for d in lock["distributions"]]
    paths = [os.path.join(source, name) for name in names if name.endswith(".whl")]
    sdists = sorted(
        normal(d["name"]) for d in lock["distributions"] if not d["filename"].endswith(".whl")
    )
    made = sorted(os.listdir(built)) if os.path.isdir(built) else []
    made = [name for name in made if name.endswith(".whl")]
    if sorted(normal(name_of(name)) for name in made) != sdists:
        sys.exit("install: %s were built, not one wheel each of %s" % (made, sdists))
    return paths + [os.path.join(built, name) for name in made]


def requirement(wheel):
    """Its name and version: pip writes down where a file came from that it is given by path."""
    return "==".join(os.path.basename(wheel).split("-")[:2])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="source", required=True)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--root")
    where.add_argument("--here", action="store_true")
    where.add_argument("--wheels")
    arguments = parser.parse_args()
    source = os.path.abspath(arguments.source)
    lock = read_lock(source)
    verify(source, lock["tools"] + lock["distributions"])
    pip = [sys.executable, os.path.join(source, lock["tools"][0]["filename"]) + "/pip"]
    built = os.path.abspath(arguments.wheels or os.path.join(source, "built"))
    environment = pip_environment(built)
    # Where the one place that can be written is that folder, so is the one for passing files.
    environment["TMPDIR"] = os.path.join(built, "passing")
    if not os.path.isdir(environment["TMPDIR"]):
        os.makedirs(environment["TMPDIR"])
    build_wheels(source, lock, built, pip, environment)
    if arguments.wheels:
        return
    wheels = wheels_of(source, lock, built)
    into = ["--ignore-installed", "--no-compile", "--no-warn-script-location"]
    if arguments.root:
        into += ["--root", os.path.abspath(arguments.root)]
        if not os.path.isdir(arguments.root):
            os.makedirs(arguments.root)
    if wheels:
        found = ["--only-binary", ":all:", "--find-links", source, "--find-links", built]
        wanted = [requirement(wheel) for wheel in wheels]
        run(pip + ["install"] + OFFLINE + into + found + wanted, environment)
    if arguments.root:
        epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or 0)
        as_in_place(arguments.root)
        same_times(arguments.root, epoch)
        compile_all(arguments.root, "/")
        same_times(arguments.root, epoch)
    print("installed %d distributions" % len(wheels))


def in_one_order():
    """Start again with a fixed hash seed: the order of a set of constants in byte-code follows it.

    Nothing is written beside what is imported: the folder may be an image's own.
    """
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        os.execv(sys.executable, [sys.executable] + sys.argv)


if __name__ == "__main__":
    in_one_order()
    main()
