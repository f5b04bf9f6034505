"""Asks one probe, in an interpreter that was started for it alone, and answers.

The guest runner starts it as `python -c TEXT`, by the command that a user of this environment
would start Python with: no flag is added, so that the image's path, environment and start-up files
count as they do for its users. It runs on CPython 2.7 and 3.4 to 3.14 and after, with the standard
library alone.

The question is JSON on descriptor QUESTION_FD, {"path", "source", "settings", "variables",
"folder"}; the
answer is JSON on ANSWER_FD, {"facts": ...} or {"raised": ...}. Whatever is printed goes elsewhere.
"variables" are set, and "folder" becomes the current one, when the interpreter has started.
"""
from __future__ import division

import sys

# `-c` puts the current folder first: what lies there must not shadow what a probe imports.
if sys.path and sys.path[0] in ("", "."):
    del sys.path[0]

import json  # noqa: E402
import os  # noqa: E402

QUESTION_FD = 4
ANSWER_FD = 3
SERIES = 10000
MESSAGE = 4000
TRACEBACK = 16000

asked_text = {}

text_type = type(u"")
whole_types = (int, type(2 ** 80))  # the latter is `long` on 2.7


def main():
    """Ask the probe of the question, answer, and end."""
    # Whoever reads the answer sees by this that the interpreter came so far; JSON ignores it.
    os.write(ANSWER_FD, b"\n")
    question = json.loads(question_text())
    # Only now: where an interpreter looks for packages of the user's own hangs on HOME.
    os.environ.update(dict((str(name), str(value))
                           for name, value in question["variables"].items()))
    os.chdir(question["folder"])
    sys.argv[:] = [question["path"]]
    try:
        facts = ask(question["path"], question["source"], question["settings"])
        content = encoded({"facts": facts})
    except BaseException:  # SystemExit of a library is an answer as well.
        content = encoded({"raised": raised(*sys.exc_info())})
    while content:
        content = content[os.write(ANSWER_FD, content):]
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    # A framework's threads and exit handlers must not decide over an answer already given.
    os._exit(0)


def question_text():
    with os.fdopen(QUESTION_FD, "rb") as stream:
        return stream.read().decode("ascii")


def encoded(value):
    """A value as ASCII JSON without NaN. Raises ValueError, TypeError."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, sort_keys=True).encode("ascii")


def ask(path, source, settings):
    asked_text[path] = source
    namespace = {"__name__": "harness_probe", "__file__": path}
    exec(compile(source.encode("utf-8"), path, "exec", 0, True), namespace)
    facts = namespace["probe"](settings)
    if not isinstance(facts, dict):
        raise TypeError("a probe answers with a dict, not %s" % type(facts).__name__)
    return dict((fact_key(key), fact_value(key, value)) for key, value in facts.items())


def fact_key(key):
    if isinstance(key, bytes) and str is bytes:
        key = key.decode("utf-8", "replace")
    if not isinstance(key, text_type) or not key:
        raise TypeError("a fact's key is a non-empty string, not %r" % (key,))
    return key


def fact_value(key, value):
    if not isinstance(value, (list, tuple)):
        return scalar(key, value)
    if len(value) > SERIES:
        raise ValueError("fact %s has %d values, more than %d" % (key, len(value), SERIES))
    return [scalar(key, one) for one in value]


def scalar(key, value):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, whole_types):
        return int(value)
    if isinstance(value, float):
        if value != value:
            return "nan"
        if value in (float("inf"), float("-inf")):
            return "inf" if value > 0 else "-inf"
        return float(value)
    if isinstance(value, text_type):
        return text_type(value)
    if str is bytes and isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    raise TypeError("fact %s is neither a scalar nor a list of scalars, but %s" % (
        key, type(value).__name__))


def raised(kind, error, trace):
    """An exception as text, with what is to be seen around an import that failed."""
    told = describe(kind, error, trace)
    try:
        around = surroundings(told["traceback"])
        if around:
            told["around"] = dict((key, fact_value(key, value)) for key, value in around.items())
            encoded(told)
    except Exception:  # What explains a failure must not become one.
        told.pop("around", None)
    return told


def describe(kind, error, trace):
    """An exception as text, bounded; one that cannot even be printed says so."""
    name = kind.__name__
    module = getattr(kind, "__module__", None)
    if module not in (None, "builtins", "exceptions", "__main__", "harness_probe"):
        name = "%s.%s" % (module, name)
    try:
        message = as_text(str(error))
    except BaseException:
        message = text_type("(its message cannot be shown)")
    try:
        import linecache
        import traceback
        for path, source in asked_text.items():  # There is no file that could be quoted.
            linecache.cache[path] = (len(source), None, source.splitlines(True), path)
        # The frames of this file say nothing about the probe.
        lines = as_text("".join(traceback.format_exception(kind, error, own(trace))))
    except BaseException:
        lines = text_type("(its traceback cannot be shown)")
    return {"type": as_text(name)[:200], "message": middle(message, MESSAGE),
            "traceback": middle(lines, TRACEBACK)}


# --- why an import failed, as it is to be seen from here -----------------------------------------

IMPORT_FAILED = (
    r"No module named '?(\w+)",
    r"cannot import name '?\w+'? from (?:partially initialized module )?'(\w+)",
    r"module '(\w+)[\w.]*' has no attribute",
)
ROOTS = ("/usr", "/usr/local", "/opt", "/opt/*", "/opt/*/*", "/opt/*/envs/*", "/opt/*/versions/*",
         "/venv", "/.venv", "/env", "/virtualenv", "/root/*env", "/root/.*env", "/root/.local",
         "/root/.pyenv/versions/*", "/root/*conda*", "/home/*/.local", "/home/*/*env",
         "/home/*/.*env", "/home/*/.pyenv/versions/*", "/home/*/*conda*", "/app/*env", "/app/.*env",
         "/workspace/*env", "/workspace/.*env", "/srv/*env", "/srv/*/*env")
MOST = 20


def surroundings(text):
    """Of a module that an exception says cannot be had: where it lies, by which interpreter it
    could be imported, what comes before it, and what should have put its folder on the path."""
    import re
    found = None
    for pattern in IMPORT_FAILED:
        found = found or re.search(pattern, text)
    if not found:
        return {}
    module = str(found.group(1))
    on_path = places_of(module, sys.path)
    loaded = loaded_from(module)
    around = {"module": module, "executable": sys.executable or ""}
    if loaded or on_path:
        # It is there, and without what is asked of it: only another one behind it is news.
        hidden = [place for place in on_path if loaded and not same_module(place, loaded)]
        around.update(loaded_from=loaded, hidden=hidden[:MOST])
        return around if hidden else {}
    if module in getattr(sys, "builtin_module_names", ()):
        return {}
    around["no_site"] = bool(sys.flags.no_site)
    elsewhere = [(place, interpreter_of(folder)) for folder in library_folders()
                 for place in places_of(module, [folder])]
    around["elsewhere"] = [place for place, _ in elsewhere[:MOST]]
    around["interpreters"] = [program for _, program in elsewhere[:MOST]]
    around.update(path_files(module))
    if elsewhere or around.get("pth") or around["no_site"]:
        return around
    return {}


def places_of(module, folders):
    """Where a module lies in these folders, in their order: its folder or its file."""
    found = []
    for folder in folders:
        start = os.path.join(folder or os.curdir, module)
        if os.path.isfile(os.path.join(start, "__init__.py")):
            found.append(start)
        elif os.path.isfile(start + ".py"):
            found.append(start + ".py")
        else:
            found.extend(compiled(folder, module))
    seen = set()
    return [one for one in found
            if os.path.realpath(one) not in seen and not seen.add(os.path.realpath(one))]


def compiled(folder, module):
    try:
        names = sorted(os.listdir(folder or os.curdir))
    except (EnvironmentError, TypeError):
        return []
    return [os.path.join(folder, name) for name in names
            if name.startswith(module + ".") and name.endswith(".so")][:1]


def loaded_from(module):
    """The file that a module which is loaded came from; empty for one that is not, or is built
    in."""
    path = getattr(sys.modules.get(module), "__file__", None) or ""
    return path[:-1] if path.endswith((".pyc", ".pyo")) else path


def same_module(place, loaded):
    return os.path.realpath(loaded) in (
        os.path.realpath(place), os.path.realpath(os.path.join(place, "__init__.py")))


def library_folders():
    """Folders of installed modules that this interpreter does not look into, those of its own
    prefix first."""
    import glob
    named = [sys.prefix, getattr(sys, "base_prefix", sys.prefix), os.environ.get("VIRTUAL_ENV"),
             os.environ.get("CONDA_PREFIX")]
    named += [os.path.dirname(one) for one in os.environ.get("PATH", "").split(":") if one]
    found = [one for one in os.environ.get("PYTHONPATH", "").split(":") if one]
    for root in [one for one in named if one] + list(ROOTS):
        for name in ("site-packages", "dist-packages"):
            found += sorted(glob.glob(os.path.join(root, "lib*", "python*", name)))
    used = set(os.path.realpath(one or os.curdir) for one in sys.path)
    folders = []
    for folder in found:
        real = os.path.realpath(folder)
        if real not in used and os.path.isdir(folder):
            used.add(real)
            folders.append(folder)
    return folders[:1000]


def interpreter_of(folder):
    """The program that has a folder of modules as its own; empty where none is to be seen."""
    version = os.path.basename(os.path.dirname(folder))
    root = os.path.dirname(os.path.dirname(os.path.dirname(folder)))
    for name in (version, "python3", "python"):
        program = os.path.join(root, "bin", name)
        if os.path.isfile(program) and os.access(program, os.X_OK):
            return program
    return ""


def path_files(module):
    """The line of a .pth file that names the folder in which a module lies, and was not
    followed."""
    for folder in list(sys.path):
        try:
            names = sorted(name for name in os.listdir(folder) if name.endswith(".pth"))
        except EnvironmentError:
            continue
        for name in names[:200]:
            path = os.path.join(folder, name)
            try:
                with open(path, "rb") as stream:
                    lines = stream.read(65536).decode("utf-8", "replace").splitlines()
            except EnvironmentError:
                return {"pth": path, "pth_line": 0, "pth_folder": ""}
            for number, line in enumerate(lines, 1):
                named = os.path.join(folder, line.strip())
                if line.strip() and not line.startswith(("#", "import ", "import\t")) and (
                        named not in sys.path and places_of(module, [named])):
                    return {"pth": path, "pth_line": number, "pth_folder": named}
    return {}


def own(trace):
    while trace is not None and trace.tb_next is not None and (
            trace.tb_frame.f_code.co_filename == ask.__code__.co_filename):
        trace = trace.tb_next
    return trace


def as_text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def middle(text, limit):
    """The head and the tail of a text; the first and the last lines of a traceback matter."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return text[:half] + "\n[... %d characters ...]\n" % (len(text) - 2 * half) + text[-half:]


if __name__ == "__main__":
    main()
