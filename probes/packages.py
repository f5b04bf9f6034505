"""Which distributions are installed, and do they fit together?

Reads what installers leave behind (dist-info and egg-info folders and files, eggs) along
`sys.path`, and says what `pip check` would say, without pip: each requirement whose marker holds
here is looked up and its version compared as PEP 440 and PEP 508 have it. What cannot be parsed is
told, never guessed.
"""
import os
import platform
import re
import sys
import zipfile

PROBE = {
    "question": "Which distributions are installed, and do they fit together?",
    "where": "inside",
    "order": 20,
    "timeout_s": 120,
    "frameworks": [],
    "dataset": "",
    "settings": {},
    "natures": [],
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
    for name, places in sorted(found.items()):
        facts["package." + name] = places[0]["version"]
        if len(places) > 1:
            duplicates.append("%s: %s" % (name, ", ".join(
                "%s in %s" % (place["version"], place["folder"]) for place in places)))
    missing, conflicts, wrong_python, more = check(found, environment())
    facts["packages.duplicates"] = bounded(duplicates)
    facts["packages.missing"] = bounded(missing)
    facts["packages.conflicts"] = bounded(conflicts)
    facts["packages.wrong_python"] = bounded(wrong_python)
    facts["packages.unparsed"] = bounded(unparsed + more)
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
    requires = list(headers.get("requires-dist", []))
    listed = read("requires.txt")
    if listed and not requires:
        requires = list(legacy_requirements(listed))
    return {"name": normalised(name), "version": version[:TEXT],
            "requires": requires, "python": (headers.get("requires-python") or [""])[0]}


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


def legacy_requirements(listed):
    """requires.txt of setuptools: sections `[extra]`, `[:marker]` or `[extra:marker]`."""
    extra = marker = ""
    for line in listed.split("\n"):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            extra, _, marker = line[1:-1].partition(":")
            continue
        conditions = []
        requirement, _, own = line.partition(";")
        for condition in (own.strip(), marker.strip()):
            if condition:
                conditions.append("(%s)" % condition)
        if extra:
            conditions.append('extra == "%s"' % extra)
        yield requirement + ("; " + " and ".join(conditions) if conditions else "")


def normalised(name):
    return re.sub(r"[-_.]+", "-", name).lower()


# --- do they fit together ----------------------------------------------------------------------


def check(found, here):
    missing, conflicts, wrong_python, unparsed = [], [], [], []
    for name, places in sorted(found.items()):
        one = places[0]
        who = "%s %s" % (name, one["version"])
        try:
            if not contains(one["python"], here["python_full_version"]):
                wrong_python.append("%s requires Python %s" % (who, one["python"]))
        except Unparsed as error:
            unparsed.append("%s, Requires-Python: %s" % (who, error))
        for line in one["requires"]:
            try:
                wanted, specifier, marker = parse_requirement(line)
                if marker and not Marker(marker, here).holds():
                    continue
                if wanted not in found:
                    missing.append("%s requires %s, which is not installed" % (
                        who, (wanted + " " + specifier).strip()))
                elif not contains(specifier, found[wanted][0]["version"]):
                    conflicts.append("%s requires %s %s, but %s %s is installed" % (
                        who, wanted, specifier, wanted, found[wanted][0]["version"]))
            except Unparsed as error:
                unparsed.append("%s requires %s: %s" % (who, line[:TEXT // 2], error))
    return missing, conflicts, wrong_python, unparsed


def parse_requirement(line):
    """(normalised name, specifier, marker); the specifier of a direct reference is empty."""
    match = re.match(
        r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[A-Za-z0-9._,\s-]*\])?\s*(.*)\Z", line)
    if not match:
        raise Unparsed("not a requirement")
    name, rest = match.groups()
    if name[-1] in "._-":
        raise Unparsed("not a requirement")
    if rest.startswith("@"):
        # A blank must stand between a URL and its marker.
        _, _, marker = rest.partition(" ;")
        return normalised(name), "", marker.strip()
    specifier, _, marker = rest.partition(";")
    specifier = specifier.strip()
    if specifier.startswith("(") and specifier.endswith(")"):
        specifier = specifier[1:-1].strip()
    clauses(specifier)
    return normalised(name), specifier, marker.strip()


# --- versions, as PEP 440 has them -------------------------------------------------------------

VERSION = re.compile(r"""
    \s*v?(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)
    (?:[-_.]?(alpha|beta|preview|pre|a|b|c|rc)[-_.]?([0-9]*))?
    (?:-([0-9]+)|[-_.]?(?:post|rev|r)[-_.]?([0-9]*))?
    (?:[-_.]?(dev)[-_.]?([0-9]*))?
    (?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*\Z""", re.X | re.I)
POST = re.compile(r"[-_.]?(?:post|rev|r)[-_.]?[0-9]*|-[0-9]+", re.I)
PRE = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
BEFORE = (-1, 0)
AFTER = (9, 0)


class Version(object):
    """One version; `public` orders it, `local` breaks ties."""

    def __init__(self, written):
        match = VERSION.match(written)
        if not match or len(written) > 200:
            raise Unparsed("%r is not a version" % written[:100])
        epoch, release, pre, pre_number, dash, post, dev, dev_number, local = match.groups()
        self.epoch = int(epoch or 0)
        self.release = [int(part) for part in release.split(".")]
        self.pre = None
        if pre:
            letter = PRE.get(pre.lower(), pre.lower())
            self.pre = ({"a": 0, "b": 1, "rc": 2}[letter], int(pre_number or 0))
        self.post = None
        if dash is not None or post is not None:
            self.post = int(dash or post or 0)
        self.dev = int(dev_number or 0) if dev else None
        self.local = local and [
            (1, int(part), "") if part.isdigit() else (0, 0, part.lower())
            for part in re.split(r"[-_.]", local)]

    @property
    def base(self):
        release = list(self.release)
        while len(release) > 1 and not release[-1]:
            release.pop()
        return self.epoch, release

    @property
    def public(self):
        pre = self.pre
        if pre is None:
            # A development release of the final one comes before its first alpha.
            pre = BEFORE if self.post is None and self.dev is not None else AFTER
        return (self.base, pre, -1 if self.post is None else self.post,
                (1, 0) if self.dev is None else (0, self.dev))

    @property
    def whole(self):
        return self.public, self.local or []


def clauses(specifier):
    """Pairs of operator and version; nothing asks for nothing."""
    pairs = []
    for clause in specifier.split(","):
        clause = clause.strip()
        if not clause:
            continue
        match = re.match(r"(===|==|~=|!=|<=|>=|<|>)\s*(\S+)\Z", clause)
        if not match:
            raise Unparsed("%r is not a version specifier" % clause[:100])
        pairs.append(match.groups())
    return pairs


def contains(specifier, written):
    """Whether a version meets every clause; pre-releases count, as they do for `pip check`."""
    for operator, wanted in clauses(specifier):
        if operator == "===":
            holds = written.strip().lower() == wanted.lower()
        elif wanted.endswith(".*"):
            if operator not in ("==", "!="):
                raise Unparsed("%s cannot stand with a wildcard" % operator)
            holds = starts_with(Version(written), Version(wanted[:-2])) == (operator == "==")
        else:
            holds = COMPARE[operator](Version(written), Version(wanted))
        if not holds:
            return False
    return True


def starts_with(version, wanted):
    size = len(wanted.release)
    padded = version.release + [0] * size
    if version.epoch != wanted.epoch or padded[:size] != wanted.release:
        return False
    if wanted.pre is not None or wanted.post is not None:
        return version.pre == wanted.pre and (
            wanted.post is None or version.post == wanted.post)
    return True


def equal(version, wanted):
    return version.whole == wanted.whole if wanted.local else version.public == wanted.public


def less(version, wanted):
    """`<1.0` does not mean 1.0rc1."""
    if version.public >= wanted.public:
        return False
    before = version.pre is not None or version.dev is not None
    wanted_before = wanted.pre is not None or wanted.dev is not None
    its_own = version.base == wanted.base and (
        wanted.post is None or (version.post, version.pre) == (wanted.post, wanted.pre))
    return wanted_before or not before or not its_own


def greater(version, wanted):
    """`>1.0` means neither 1.0.post1 nor 1.0+local; `>1.0a1` means 1.0.post1 too."""
    if version.public <= wanted.public:
        return False
    its_post = version.base == wanted.base and version.pre == wanted.pre and wanted.dev is None
    return not its_post or wanted.post is not None or version.post is None


def compatible(version, wanted):
    if len(wanted.release) < 2:
        raise Unparsed("~= needs two parts of a release")
    padded = version.release + [0] * len(wanted.release)
    same = len(wanted.release) - 1
    return (version.public >= wanted.public and version.epoch == wanted.epoch
            and padded[:same] == wanted.release[:same])


COMPARE = {
    "==": equal,
    "!=": lambda version, wanted: not equal(version, wanted),
    "<=": lambda version, wanted: version.public <= wanted.public,
    ">=": lambda version, wanted: version.public >= wanted.public,
    "<": less,
    ">": greater,
    "~=": compatible
}


# --- markers, as PEP 508 has them --------------------------------------------------------------


def environment():
    version = "%d.%d.%d" % sys.version_info[:3]
    if sys.version_info[3] != "final":
        version += sys.version_info[3][0] + str(sys.version_info[4])
    implementation = getattr(sys, "implementation", None)
    name = implementation.name if implementation else platform.python_implementation().lower()
    return {
        "os_name": os.name,
        "sys_platform": "linux" if sys.platform.startswith("linux") else sys.platform,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_version": "%d.%d" % sys.version_info[:2],
        "python_full_version": version,
        "implementation_name": name,
        "implementation_version": version if implementation else "0",
        "extra": ""
    }


OLD_NAMES = {
    "os.name": "os_name",
    "sys.platform": "sys_platform",
    "platform.version": "platform_version",
    "platform.machine": "platform_machine",
    "platform.python_implementation": "platform_python_implementation",
    "python_implementation": "platform_python_implementation"
}
TOKEN = re.compile(r"""\s*(?:
    (?P<mark>[()])|(?P<text>"[^"]*"|'[^']*')|(?P<operator>===|==|~=|!=|<=|>=|<|>)
    |(?P<word>[A-Za-z_][A-Za-z0-9_.]*))""", re.X)
VERSIONED = ("python_version", "python_full_version", "implementation_version",
             "platform_release")
DEPTH = 50


class Marker(object):
    """A condition on the environment, evaluated as it is read."""

    def __init__(self, written, here):
        self.here, self.tokens, self.depth = here, [], 0
        written = written.strip()
        position = 0
        while position < len(written):
            match = TOKEN.match(written, position)
            if not match:
                raise Unparsed("%r is not a marker" % written[:100])
            self.tokens.append((match.lastgroup, match.group(match.lastgroup)))
            position = match.end()

    def holds(self):
        value = self.either()
        if self.tokens:
            raise Unparsed("a marker goes on with %r" % self.tokens[0][1][:50])
        return value

    def take(self):
        if not self.tokens:
            raise Unparsed("a marker ends too early")
        return self.tokens.pop(0)

    def either(self):
        value = self.both()
        while self.tokens and self.tokens[0] == ("word", "or"):
            self.take()
            value = self.both() or value
        return value

    def both(self):
        value = self.comparison()
        while self.tokens and self.tokens[0] == ("word", "and"):
            self.take()
            value = self.comparison() and value
        return value

    def comparison(self):
        if self.tokens and self.tokens[0] == ("mark", "("):
            self.take()
            self.depth += 1
            if self.depth > DEPTH:
                raise Unparsed("a marker nests too deep")
            value = self.either()
            if self.take() != ("mark", ")"):
                raise Unparsed("a parenthesis is not closed")
            self.depth -= 1
            return value
        left_name, left = self.operand()
        kind, operator = self.take()
        if (kind, operator) == ("word", "not"):
            if self.take() != ("word", "in"):
                raise Unparsed("`not` stands without `in`")
            operator = "not in"
        elif kind != "operator" and (kind, operator) != ("word", "in"):
            raise Unparsed("%r is not an operator" % operator[:50])
        right_name, right = self.operand()
        if (left_name is None) == (right_name is None):
            raise Unparsed("a marker compares no variable with a text")
        return compare(left_name or right_name, left, operator, right)

    def operand(self):
        kind, value = self.take()
        if kind == "text":
            return None, value[1:-1]
        if kind != "word":
            raise Unparsed("%r is not a value" % value[:50])
        name = OLD_NAMES.get(value, value)
        if name not in self.here:
            raise Unparsed("%r is not a variable of markers" % value[:50])
        return name, self.here[name]


def compare(name, left, operator, right):
    if name == "extra":
        left, right = normalised(left), normalised(right)
    if operator == "in":
        return left in right
    if operator == "not in":
        return left not in right
    if name in VERSIONED:
        return contains(operator + right, left)
    if operator in ("==", "==="):
        return left == right
    if operator == "!=":
        return left != right
    raise Unparsed("%s cannot compare %s" % (operator, name))
