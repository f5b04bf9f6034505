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
        content = encoded({"raised": describe(*sys.exc_info())})
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
