"""Install a lock's wheels where they belong, with all cores: python in_place.py --from FOLDER --built FOLDER --epoch N.

What pip's own `install_wheel` writes for a wheel, in several processes; then byte-code, and one
time for everything that is new. FOLDER is only read. Runs on 2.7 to 3.14, like install.py, whose
command line gives the same files.
"""
from __future__ import print_function

import argparse
import csv
import io
import os
import sys
import traceback
import zipfile

from install import in_one_order, name_of, normal, read_lock, verify, wheels_of

MOST_PROCESSES = 8
SOURCES_A_LINE = 500


def say(line, where):
    """One write a line: several processes print here, and who builds ends a build that is silent
    for long, as it may be on a busy machine."""
    where.write(line + "\n")
    where.flush()


def refuse(why):
    sys.exit("install: " + why)


class Wheel(object):
    """A wheel, where its files go, and what pip would say against it."""

    def __init__(self, path, pip):
        self.path, self.name, self.size = path, name_of(path), os.path.getsize(path)
        self.key = normal(self.name)
        self.scheme = pip.get_scheme(self.name)
        with zipfile.ZipFile(path) as opened:
            names = opened.namelist()
            about = [n for n in names if n.endswith(".dist-info/METADATA") and n.count("/") == 1]
            if len(about) != 1:
                refuse("%s has no metadata of its own" % os.path.basename(path))
            self.info = os.path.dirname(about[0])
            scripts = []
            if self.info + "/entry_points.txt" in names:
                text = opened.read(self.info + "/entry_points.txt").decode("utf-8")
                scripts = list(scripts_in(text))
            self.requires = required_python(opened.read(about[0]))
        data = self.info[: -len(".dist-info")] + ".data/"
        self.targets = set(os.path.join(self.scheme.scripts, name) for name in scripts)
        for name in names:
            if not name.endswith("/"):
                self.targets.add(self._target(name, data))

    def _target(self, name, data):
        if not name.startswith(data):
            return os.path.join(self.scheme.purelib, name)
        key, _, rest = name[len(data) :].partition("/")
        return os.path.join(getattr(self.scheme, key, self.scheme.data), rest)

    def check(self, pip):
        """Refuse what pip's command line would refuse."""
        if not pip.Wheel(os.path.basename(self.path)).supported(pip.get_supported()):
            refuse("%s is not a supported wheel on this platform" % os.path.basename(self.path))
        if self.requires and not pip.check_requires_python(self.requires, sys.version_info[:3]):
            refuse("%s requires a different Python: not in %r" % (self.name, self.requires))

    def installed(self):
        """What it brought, as its own list of files says."""
        for folder in (self.scheme.purelib, self.scheme.platlib):
            record = os.path.join(folder, self.info, "RECORD")
            if os.path.isfile(record):
                for row in rows(record):
                    yield os.path.normpath(os.path.join(folder, row[0]))
                return
        refuse("%s was installed without a RECORD" % self.name)


class Pip(object):
    """What is used of pip, out of its wheel."""

    def __init__(self, wheel):
        sys.path.insert(0, wheel)
        from pip._internal.locations import get_scheme
        from pip._internal.models.wheel import Wheel
        from pip._internal.operations.install.wheel import install_wheel
        from pip._internal.utils.compatibility_tags import get_supported
        from pip._internal.utils.packaging import check_requires_python

        self.get_scheme, self.install_wheel, self.Wheel = get_scheme, install_wheel, Wheel
        self._supported, self._check = get_supported(), check_requires_python

    def get_supported(self):
        return self._supported

    def check_requires_python(self, requires, version):
        try:
            return self._check(requires, version)
        except Exception:  # pip's command line passes over what it cannot read
            return True


def rows(record):
    """The rows of a list of files; Python 2 reads bytes, as its paths are."""
    if sys.version_info[0] == 2:
        opened = open(record, "rb")
    else:
        opened = io.open(record, encoding="utf-8", newline="")
    with opened:
        return [row for row in csv.reader(opened) if row]


def scripts_in(text):
    """Names of the scripts that pip makes of a wheel's entry points."""
    section = ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            section = line.strip("[] ")
        elif "=" in line and section in ("console_scripts", "gui_scripts"):
            yield line.split("=")[0].strip()


def required_python(metadata):
    for line in metadata.splitlines():
        if not line.strip():
            break
        if line.lower().startswith(b"requires-python:"):
            return line.split(b":", 1)[1].strip().decode("ascii", "replace")
    return ""


def together(wheels):
    """Wheels that bring a file of one path come in one group: they are installed one after the
    other, the last name first, as pip does."""
    groups = []
    for wheel in wheels:
        targets, members, apart = set(wheel.targets), [wheel], []
        for others, group in groups:
            if targets.isdisjoint(others):
                apart.append((others, group))
            else:
                targets, members = targets | others, members + group
        groups = apart + [(targets, members)]
    return [sorted(members, key=lambda each: each.key, reverse=True) for _, members in groups]


def shares(jobs, size, count):
    """The jobs in at most `count` shares of about the same size, the largest share first."""
    loads = [[0, number, []] for number in range(count)]
    for job in sorted(jobs, key=size, reverse=True):
        least = min(loads)
        least[0] += size(job)
        least[2].append(job)
    return [load[2] for load in sorted(loads, key=lambda load: -load[0]) if load[2]]


def at_once(work, parts):
    """Do `work(part, number)` for each part in a process of its own; end where one fails."""
    sys.stdout.flush()
    children = []
    for number, part in enumerate(parts):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                work(part, number)
                status = 0
            except SystemExit as refused:
                sys.stderr.write("%s\n" % refused)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        children.append(child)
    failed = [child for child in children if os.waitpid(child, 0)[1] != 0]
    if failed:
        refuse("%d of %d processes failed" % (len(failed), len(children)))


def compile_these(paths):
    """Byte-code beside the sources: a read-only image could never write it."""
    import compileall

    more = {"quiet": 1}
    if sys.version_info >= (3, 7):
        mode = __import__("py_compile").PycInvalidationMode.UNCHECKED_HASH
        more = {"quiet": 2, "invalidation_mode": mode}
    with open(os.devnull, "w") as nowhere:
        kept, sys.stdout = sys.stdout, nowhere
        try:
            for number, path in enumerate(paths, 1):
                compileall.compile_file(path, force=True, **more)
                if number % SOURCES_A_LINE == 0:
                    say("compiled %d of %d modules" % (number, len(paths)), kept)
        finally:
            sys.stdout = kept


def sources_of(wheels):
    return [path for each in wheels for path in each.installed() if path.endswith(".py")]


def same_times(paths, epoch):
    """One time for what is new and the folders it lies in, so that the same files give the same
    layer."""
    folders = set()
    for path in paths:
        if os.path.lexists(path):
            if not os.path.islink(path):
                os.utime(path, (epoch, epoch))
            folder = os.path.dirname(path)
            while folder not in folders and folder != os.path.dirname(folder):
                folders.add(folder)
                folder = os.path.dirname(folder)
    for folder in list(folders):
        cache = os.path.join(folder, "__pycache__")
        if os.path.isdir(cache):
            folders.add(cache)
    for folder in folders:
        os.utime(folder, (epoch, epoch))


def compiled(paths):
    """The byte-code of sources, where it is there."""
    for path in paths:
        if sys.version_info[0] == 2:
            yield path + "c"
        else:
            yield __import__("importlib.util").util.cache_from_source(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="source", required=True)
    parser.add_argument("--built", required=True)
    parser.add_argument("--epoch", type=int, required=True)
    arguments = parser.parse_args()
    source, epoch = os.path.abspath(arguments.source), arguments.epoch
    lock = read_lock(source)
    locked = dict((each["filename"], each) for each in lock["distributions"])
    verify(source, lock["tools"][:1])
    pip = Pip(os.path.join(source, lock["tools"][0]["filename"]))
    wheels = [Wheel(path, pip) for path in wheels_of(source, lock, arguments.built)]
    for wheel in wheels:
        wheel.check(pip)
    cores = os.sysconf("SC_NPROCESSORS_ONLN")
    parts = shares(
        together(wheels),
        lambda group: sum(each.size for each in group),
        max(1, min(cores, MOST_PROCESSES)),
    )
    parts = [[wheel for group in part for wheel in group] for part in parts]
    print("$ installing %d distributions in %d processes" % (len(wheels), len(parts)))

    def install(mine, number):
        for wheel in mine:
            if os.path.basename(wheel.path) in locked:
                verify(source, [locked[os.path.basename(wheel.path)]])
            pip.install_wheel(
                wheel.name,
                wheel.path,
                wheel.scheme,
                wheel.name,
                pycompile=False,
                warn_script_location=False,
                requested=True,
            )
            say("installed %s" % wheel.name, sys.stdout)
        same_times([path for each in mine for path in each.installed()], epoch)
        # The largest part is done last: all processes share what it leaves to compile.
        if number:
            compile_these(sources_of(mine))

    at_once(install, parts)
    left = sources_of(parts[0]) if parts else []
    at_once(lambda some, _: compile_these(some), shares(left, os.path.getsize, cores))
    everything = [path for each in wheels for path in each.installed()]
    same_times(everything + list(compiled(sources_of(wheels))), epoch)
    print("installed %d distributions" % len(wheels))


if __name__ == "__main__":
    in_one_order()
    main()
