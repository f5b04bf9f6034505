"""Which distributions are installed, and what do they require?

Reads what installers leave behind (dist-info and egg-info folders and files, eggs) along
`sys.path`. Requirements and the variables of their markers are answered as they are written: that
they fit together is judged by the harness, with a library that no image needs to have.
"""
import os
import platform
import re
import sys
import zipfile

PROBE = {
    "question": "Which distributions are installed, and what do they require?",
    "where": "inside",
    "order": 20,
    "timeout_s": 120,
    "frameworks": [],
    "dataset": "",
    "settings": {},
    "natures": [
        # Raw, for the harness to judge: what comes of it is compared.
        ["requirements.*", "observed"]
    ],
    "evidence": []
}

METADATA_BYTES = 1024 * 1024
ENTRIES = 50000
LINES = 2000
STANDARD_LIBRARY = os.path.dirname(os.path.realpath(os.__file__))
# Python 2.7 describes itself and parts of itself as distributions; pip leaves them out as well.
BUNDLED = ("python", "argparse", "wsgiref")
TEXT = 400


class Unparsed(ValueError):
    """Text that does not follow the grammar it should."""


def probe(settings):
    found, unparsed = distributions(sys.path)
    facts = {"packages.count": len(found)}
    duplicates = []
    room = LINES
    for name, places in sorted(found.items()):
        one = places[0]
        facts["package." + name] = one["version"]
        if len(places) > 1:
            duplicates.append("%s: %s" % (name, ", ".join(
                "%s in %s" % (place["version"], place["folder"]) for place in places)))
        lines = [line for line in one["requires"] if line and len(line) <= TEXT]
        if max([len(line) for line in one["requires"] + [one["python"]]]) > TEXT:
            unparsed.append("%s: a requirement is longer than %d characters" % (name, TEXT))
        elif one["python"]:
            facts["requirements.python." + name] = one["python"]
        if len(lines) > room:
            unparsed.append("%s: more than %d requirements in all" % (name, LINES))
        lines = lines[:room]
        room -= len(lines)
        if lines:
            facts["requirements." + one["written"] + "." + name] = lines
    for name, value in environment().items():
        facts["requirements.marker." + name] = value[:TEXT]
    facts["packages.duplicates"] = bounded(duplicates)
    facts["packages.unparsed"] = bounded(unparsed)
    return facts


def bounded(lines):
    return [line[:TEXT] for line in lines[:LINES]]


# --- what is installed -------------------------------------------------------------------------


def distributions(path):
    """Normalised name to the places it lies in, the one that is imported first; and complaints."""
    found = {}
    unparsed = []
    seen = set()
    for entry in path:
        folder = os.path.realpath(entry or os.curdir)
        if folder in seen:
            continue
        seen.add(folder)
        for label, read in installed(folder):
            if label.startswith("~"):
                unparsed.append("%s: left over from an interrupted installation" % label)
                continue
            try:
                one = distribution(label, read)
            except (Unparsed, EnvironmentError, zipfile.BadZipfile, KeyError) as error:
                unparsed.append("%s: %s" % (label, error))
                continue
            if one["name"] in BUNDLED and folder.startswith(STANDARD_LIBRARY) and (
                    os.path.basename(folder) not in ("site-packages", "dist-packages")):
                continue
            one["folder"] = os.path.basename(folder)
            found.setdefault(one["name"], []).append(one)
    return found, unparsed


def installed(folder):
    """Pairs of the name of what an installer left and a function that reads a file in it."""
    if folder.endswith(".egg"):
        if os.path.isdir(os.path.join(folder, "EGG-INFO")):
            yield os.path.basename(folder), reader(os.path.join(folder, "EGG-INFO"))
        elif zipfile.is_zipfile(folder):
            yield os.path.basename(folder), zip_reader(folder)
        return
    if not os.path.isdir(folder):
        return
    try:
        names = sorted(os.listdir(folder))[:ENTRIES]
    except EnvironmentError:
        return
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            yield name, reader(os.path.join(folder, name))


def reader(place):
    """Reads a named file of a folder; where the place is a file, it is its own PKG-INFO."""
    def read(name):
        path = os.path.join(place, name)
        if os.path.isfile(place):
            if name != "PKG-INFO":
                return None
            path = place
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as stream:
            return text(stream.read(METADATA_BYTES))
    return read


def zip_reader(path):
    def read(name):
        with zipfile.ZipFile(path) as archive:
            member = "EGG-INFO/" + name
            if member not in archive.namelist():
                return None
            with archive.open(member) as stream:
                return text(stream.read(METADATA_BYTES))
    return read


def text(content):
    decoded = content.decode("utf-8", "replace").replace("\r\n", "\n")
    # A plain str on Python 2 as well, so that facts look alike.
    return decoded if str is not bytes else decoded.encode("ascii", "replace")


def distribution(label, read):
    metadata = read("METADATA") or read("PKG-INFO")
    if not metadata:
        raise Unparsed("no metadata")
    headers = parse_headers(metadata)
    stem = re.sub(r"\.(dist-info|egg-info|egg)\Z", "", label).split("-")
    name = (headers.get("name") or [stem[0]])[0]
    version = (headers.get("version") or stem[1:2] or [""])[0]
    if not re.match(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,198}[A-Za-z0-9])?\Z", name):
        raise Unparsed("%r is not a name" % name[:TEXT])
    if not version:
        raise Unparsed("no version")
    requires, written = headers.get("requires-dist", []), "of"
    listed = read("requires.txt")
    if listed and not requires:
        # setuptools' own file has sections: `[extra]`, `[:marker]` or `[extra:marker]`.
        requires, written = listed.split("\n"), "listed"
    return {"name": normalised(name), "version": version[:TEXT], "written": written,
            "requires": [line.strip() for line in requires],
            "python": (headers.get("requires-python") or [""])[0]}


def parse_headers(metadata):
    """The fields before the description; a line that starts with a blank goes on with the last."""
    headers = {}
    last = None
    for line in metadata.split("\n"):
        if not line.strip():
            break
        if line[0] in " \t" and last is not None:
            last[-1] += " " + line.strip()
            continue
        name, separator, value = line.partition(":")
        if separator:
            last = headers.setdefault(name.strip().lower(), [])
            last.append(value.strip())
    return headers


def normalised(name):
    return re.sub(r"[-_.]+", "-", name).lower()


# --- what the host needs to tell whether they fit together --------------------------------------


def environment():
    """The variables of markers, as PEP 508 names them."""
    version = release(sys.version_info)
    implementation = getattr(sys, "implementation", None)
    if implementation is not None:
        name, own = implementation.name, release(implementation.version)
    else:
        name, own = platform.python_implementation().lower(), version
    return {
        "os_name": os.name,
        "sys_platform": sys.platform,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_version": "%d.%d" % sys.version_info[:2],
        "python_full_version": version,
        "implementation_name": name,
        "implementation_version": own,
    }


def release(info):
    version = "%d.%d.%d" % tuple(info[:3])
    if info[3] != "final":
        version += info[3][0] + str(info[4])
    return version
