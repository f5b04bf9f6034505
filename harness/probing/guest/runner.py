"""Runs probes inside an environment and frames their answers.

This file goes into foreign images and runs there on CPython 2.7 and 3.4 to 3.14 and after, with
the standard library alone; nothing of the harness is imported, and nothing here is imported by it.

It reads one line of JSON on standard input, see `main`. It need not lie in a file: as
`python -c TEXT` it does the same.

Each probe is a process of its own, in a session of its own, with its own deadline: a fork of this
one, which imports nothing but what stands here, so that every probe begins alike. It answers
through a pipe of its own; whatever it or a library prints goes another way and is kept bounded.
For each probe one frame is written to standard output:

    harness-frame MARKER LENGTH SHA256
    PAYLOAD

The marker comes with the request and is forgotten in the probe's process, so that what a probe
prints is never taken for a frame. The payload is ASCII JSON.
"""
from __future__ import division

import errno
import fcntl
import os
import select
import sys
import time

# Their C cores alone: what stands around signal and json (enum, re) takes 8 ms of every container
# to load, and hashlib would bring OpenSSL into every fork.
try:
    import _signal as signal
except ImportError:
    import signal
try:
    from _sha2 import sha256
except ImportError:
    try:
        from _sha256 import sha256
    except ImportError:
        from hashlib import sha256

REQUEST_BYTES = 16 * 1024 * 1024
SERIES = 10000
MESSAGE = 4000
TRACEBACK = 16000
ANSWER_FD = 3
LAST_WORDS_S = 5.0
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
SCRATCH_VARIABLES = ("TMPDIR", "HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR", "CUDA_CACHE_PATH")

STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

FILE = globals().get("__file__")
asked_text = {}
markers = []

text_type = type(u"")
whole_types = (int, type(2 ** 80))  # the latter is `long` on 2.7


def monotonic():
    """Seconds that no clock setting disturbs: 2.7 has only those of times(2)."""
    clock = getattr(time, "monotonic", None)
    return clock() if clock else os.times()[4]


# --- the probe's own process -------------------------------------------------------------------


def probe_main(request):
    """Ask the probe of {"path", "source", "settings"}, answer on ANSWER_FD, and end.

    source: the text of the file at path, which need not be there then, or null.
    """
    here = os.path.dirname(os.path.abspath(FILE)) if FILE else os.getcwd()
    # Its neighbours must not shadow what a probe imports.
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    sys.argv[:] = [request["path"]]
    try:
        content = encoded({"facts": ask(request["path"], request["source"], request["settings"])})
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


class Grammar(object):
    """What json's C scanner asks of a decoder."""

    strict, encoding = True, "utf-8"
    object_hook = object_pairs_hook = None
    parse_float, parse_int, parse_constant = float, int, float


try:  # They are nobody's promise: what does not do what we know of it is not used.
    import _json
    write_json = _json.make_encoder(
        None, None, _json.encode_basestring_ascii, None, ": ", ", ", True, False, False)
    scan_json = _json.make_scanner(Grammar())
    if ["a"] != scan_json(u"".join(write_json([u"a"], 0)), 0)[0]:
        raise ValueError("they are others than those we know")
except Exception:
    write_json = scan_json = None


def encoded(value):
    """A value as ASCII JSON without NaN; keys are sorted. Raises ValueError, TypeError."""
    if write_json is None:
        import json
        return json.dumps(
            value, ensure_ascii=True, allow_nan=False, sort_keys=True).encode("ascii")
    return "".join(write_json(value, 0)).encode("ascii")


def decoded(content):
    """The value of ASCII JSON. Raises ValueError."""
    text = content.decode("ascii").strip()
    if scan_json is not None:
        try:
            value, end = scan_json(text, 0)
            if end == len(text):
                return value
        except Exception:  # On 3.10 it cannot even say what is wrong.
            pass
    import json
    return json.loads(text)


def ask(path, source, settings):
    if source is None:
        with open(path, "rb") as stream:
            source = stream.read()
    else:
        asked_text[path] = source
        source = source.encode("utf-8")
    namespace = {"__name__": "harness_probe", "__file__": path}
    exec(compile(source, path, "exec", 0, True), namespace)
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
    """An exception as text, bounded; one that cannot even be printed is told so."""
    import linecache
    import traceback
    for path, source in asked_text.items():  # There is no file that could be quoted.
        linecache.cache[path] = (len(source), None, source.splitlines(True), path)
    name = kind.__name__
    module = getattr(kind, "__module__", None)
    if module not in (None, "builtins", "exceptions", "__main__", "harness_probe"):
        name = "%s.%s" % (module, name)
    try:
        message = as_text(str(error))
    except BaseException:
        message = text_type("(its message cannot be shown)")
    try:
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


# --- one probe, seen from outside --------------------------------------------------------------


class Child(object):
    """A probe's process, its group, and the pipes to it."""

    def __init__(self, request, variables, control):
        self.answer, answer_write = pipe()
        self.noise, noise_write = pipe()
        self.status = self.usage = None
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            try:
                del markers[:]
                os.setsid()
                if control:
                    control(PR_SET_PDEATHSIG, signal.SIGKILL)
                for number in STOPS:
                    signal.signal(number, signal.SIG_DFL)
                signal.signal(signal.SIGINT, signal.default_int_handler)
                for source, target in ((noise_write, 1), (noise_write, 2),
                                       (answer_write, ANSWER_FD)):
                    os.dup2(source, target)
                os.closerange(ANSWER_FD + 1, 4096)
                os.environ.update(variables)
                probe_main(request)
            except BaseException as error:
                os.write(2, ("the probe went astray: %s\n" % error).encode("utf-8"))
            finally:
                os._exit(127)
        for descriptor in (answer_write, noise_write):
            os.close(descriptor)
        for descriptor in (self.answer, self.noise):
            flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
            fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_NONBLOCK)

    def kill(self):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except OSError:
            pass

    def ended(self):
        if self.status is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.status, self.usage = status, usage
        return self.status is not None

    def close(self):
        for descriptor in (self.answer, self.noise):
            os.close(descriptor)


class Noise(object):
    """The head and the tail of what was printed, and how much there was."""

    def __init__(self, limit):
        self.half = limit // 2
        self.head, self.tail, self.count = b"", b"", 0

    def add(self, content):
        self.count += len(content)
        room = self.half - len(self.head)
        self.head += content[:room]
        self.tail = (self.tail + content[room:])[-self.half:] if self.half else b""

    def text(self):
        left_out = self.count - len(self.head) - len(self.tail)
        gap = ("\n[... %d bytes ...]\n" % left_out).encode("ascii") if left_out else b""
        return (self.head + gap + self.tail).decode("utf-8", "replace")


def run_probe(probe, scratch, limits, control):
    """The payload of one probe's frame."""
    killed_before = out_of_memory_kills()
    payload = {"probe": probe["name"], "outcome": "no-answer", "reason": "", "facts": {},
               "raised": None, "noise": "", "noise_bytes": 0, "signal": "", "exit": None,
               "durations": {}, "observed": {}}
    observed = payload["observed"]
    observe_load(observed, "before")
    folder = None
    try:
        variables = {}
        if scratch:
            folder = new_folder(scratch)
            for name in SCRATCH_VARIABLES:
                variables[name] = folder
        settings = dict(probe.get("settings") or {})
        settings.update(scratch=folder, data_dir=probe.get("data_dir"))
        started = monotonic()
        asked = {"path": probe["path"], "source": probe.get("source"), "settings": settings}
        child = Child(asked, variables, control)
    except (EnvironmentError, ValueError) as error:
        payload["reason"] = "the probe could not be started: %s" % error
        return payload
    global current
    current = child
    noise = Noise(int(limits["noise_bytes"]))
    try:
        answer, stopped = follow(child, started + float(probe["timeout_s"]), noise, limits)
    finally:
        child.kill()
        reap_orphans()
        child.close()
        current = None
        if folder:
            remove_folder(folder)
    payload["durations"]["probe"] = monotonic() - started
    payload["noise"], payload["noise_bytes"] = noise.text(), noise.count
    observe_load(observed, "after")
    observe_usage(observed, child.usage)
    killed = out_of_memory_kills()
    grown = None not in (killed_before, killed) and killed > killed_before
    judge(payload, answer, stopped, child.status, grown, probe["timeout_s"])
    return payload


def follow(child, deadline, noise, limits):
    """Drain until the process has ended: (its answer, why it was stopped or "")."""
    answer, size, stopped = [], 0, ""
    reading = [child.answer, child.noise]
    while True:
        ended = child.ended()
        if ended:
            # What it left running may hold the pipes open; what is in them still counts.
            child.kill()
        left = deadline - monotonic()
        if not ended and not stopped and left <= 0:
            stopped = "timed-out"
        if stopped:
            child.kill()
            if left < -LAST_WORDS_S:
                break
        if not reading:
            if ended:
                break
            time.sleep(0.0005)
            continue
        # A file descriptor that is held open elsewhere does not tell of the end of the process.
        wait = 0 if ended else min(0.05, max(0.0, left) if not stopped else 0.05)
        readable, _, _ = retry(select.select, reading, [], [], wait)
        for descriptor in readable:
            content = receive(descriptor)
            if content is None:
                continue
            if not content:
                reading.remove(descriptor)
            elif descriptor == child.noise:
                noise.add(content)
            elif size <= limits["answer_bytes"]:
                answer.append(content)
                size += len(content)
        if not stopped and (size > limits["answer_bytes"] or noise.count > limits["total_bytes"]):
            stopped = "output-limit"
        # Something that escaped the group may go on writing for ever.
        if ended and (stopped or not readable):
            break
    return b"".join(answer), stopped


def judge(payload, answer, stopped, status, memory_killed, timeout_s):
    """Outcome and reason; the first that holds."""
    if status is not None and os.WIFSIGNALED(status):
        payload["signal"] = signal_name(os.WTERMSIG(status))
    elif status is not None:
        payload["exit"] = os.WEXITSTATUS(status)
    if memory_killed:
        payload["outcome"] = "out-of-memory"
        payload["reason"] = "the kernel killed a process of this environment for its memory limit"
    elif stopped == "timed-out":
        payload["outcome"] = stopped
        payload["reason"] = "no answer within %g s" % timeout_s
    elif stopped:
        payload["outcome"] = stopped
        payload["reason"] = "it wrote more than it may; %d bytes beside its answer" % (
            payload["noise_bytes"],)
    elif payload["signal"]:
        payload["outcome"] = "crashed"
        payload["reason"] = "killed by %s" % payload["signal"]
    elif status is None:
        payload["reason"] = "its process could not be ended"
    else:
        accept(payload, answer)


def accept(payload, answer):
    try:
        content = decoded(answer)
        if "raised" in content:
            raised = content["raised"]
            payload["raised"] = dict(
                (name, raised[name]) for name in ("type", "message", "traceback"))
            payload["outcome"] = "raised"
            payload["reason"] = middle(
                "%s: %s" % (raised["type"], raised["message"]), 500).strip()
        else:
            payload["facts"] = dict(content["facts"])
            payload["outcome"] = "ok"
    except (ValueError, KeyError, TypeError, RuntimeError):  # The last: nested too deeply.
        payload["reason"] = "%s (exit status %s)" % (
            "its answer cannot be read" if answer else "it ended without an answer",
            payload["exit"])


# --- the world around it -----------------------------------------------------------------------


def process_control():
    """prctl(2), or None where this interpreter cannot reach it."""
    try:
        import ctypes
        call = ctypes.CDLL(None).prctl
        return lambda option, value: call(option, value, 0, 0, 0)
    except Exception:
        return None


def reap_orphans():
    """Kill what a probe left running outside its own group."""
    for _ in range(20):
        orphans = left_running()
        if not orphans:
            return
        for pid in orphans:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
            except OSError:
                pass
        time.sleep(0.01)


def left_running():
    """As their subreaper we inherit them; where we are alone, it is whatever runs there."""
    own = os.getpid()
    there = [int(name) for name in os.listdir("/proc") if name.isdigit()] if (
        os.path.isdir("/proc")) else []
    if alone:
        return [pid for pid in there if pid not in (1, own)]
    return [pid for pid in there if parent_of(pid) == own]


def parent_of(pid):
    # The second field, a command in parentheses, may hold blanks and parentheses itself.
    fields = read_file("/proc/%d/stat" % pid).rpartition(")")[2].split()
    return int(fields[1]) if len(fields) > 1 else None


def out_of_memory_kills():
    """The cgroup's count of processes killed for memory, or None where there is none."""
    own_v2 = own_v1 = ""
    for line in read_file("/proc/self/cgroup").splitlines():
        _, controllers, path = (line.split(":", 2) + ["", ""])[:3]
        if not controllers:
            own_v2 = path
        elif "memory" in controllers.split(","):
            own_v1 = path
    # Inside a container the path may be the host's, while the mount shows its own group.
    for path in ("/sys/fs/cgroup" + own_v2 + "/memory.events",
                 "/sys/fs/cgroup/memory.events",
                 "/sys/fs/cgroup/memory" + own_v1 + "/memory.oom_control",
                 "/sys/fs/cgroup/memory/memory.oom_control"):
        for line in read_file(path).splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill" and count.isdigit():
                return int(count)
    return None


def new_folder(scratch):
    for number in range(1, 10000):
        folder = os.path.join(scratch, "probe-%d" % number)
        try:
            os.mkdir(folder, 0o700)
            return folder
        except OSError as error:
            if error.errno != errno.EEXIST:  # A probe before this one may have made it.
                raise
    raise EnvironmentError("there is no free name in %s" % scratch)


def remove_folder(folder):
    try:
        os.rmdir(folder)
    except OSError:
        import shutil
        shutil.rmtree(folder, ignore_errors=True)


def observe_load(observed, when):
    try:
        observed["load_1m_" + when] = os.getloadavg()[0]
    except OSError:
        pass
    for line in read_file("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            observed["memory_available_bytes_" + when] = 1024 * int(line.split()[1])


def observe_usage(observed, usage):
    if usage is not None:
        observed["user_seconds"] = usage.ru_utime
        observed["system_seconds"] = usage.ru_stime
        observed["peak_memory_bytes"] = 1024 * usage.ru_maxrss
        observed["involuntary_switches"] = usage.ru_nivcsw


def signal_name(number):
    for name in sorted(dir(signal)):
        if name.startswith("SIG") and "_" not in name and getattr(signal, name) == number:
            return name
    return "signal %d" % number


def read_file(path):
    try:
        with open(path, "rb") as stream:
            return str(stream.read(65536).decode("ascii", "replace"))
    except (IOError, OSError):
        return ""


def pipe():
    """Both ends out of the way of the descriptors a probe gets."""
    ends = []
    for descriptor in os.pipe():
        ends.append(fcntl.fcntl(descriptor, fcntl.F_DUPFD, 10))
        os.close(descriptor)
    return ends


def receive(descriptor):
    """What there is to read; b"" at the end, None where there is nothing now."""
    try:
        return os.read(descriptor, 65536)
    except (OSError, IOError) as error:
        if error.errno in (errno.EAGAIN, errno.EINTR):
            return None
        raise


def retry(call, *arguments):
    """2.7 and 3.4 do not go on by themselves after a signal."""
    while True:
        try:
            return call(*arguments)
        except (OSError, IOError, select.error) as error:
            if error.args[0] != errno.EINTR:
                raise


def read_line(descriptor):
    content = b""
    while b"\n" not in content:
        part = retry(os.read, descriptor, 65536)
        content += part
        if not part or len(content) > REQUEST_BYTES:
            break
    return content.partition(b"\n")[0]


def hide_stdin():
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    if null:
        os.close(null)


def write_frame(marker, payload):
    content = encoded(payload)
    head = "harness-frame %s %d %s\n" % (
        marker, len(content), sha256(content).hexdigest())
    frame = head.encode("ascii") + content + b"\n"
    while frame:
        frame = frame[retry(os.write, 1, frame):]


current = None
alone = False


def stop(number, _):
    if current is not None:
        current.kill()
        reap_orphans()
    os._exit(128 + number)


def main():
    """Run the probes of {"scratch", "limits", "probes", "alone"} in order, one frame for each.

    scratch: a writable folder, or null; limits: "answer_bytes", "noise_bytes" (kept of what a
    probe prints) and "total_bytes" (more of it stops the probe); a probe: "name", "path",
    "source", "marker", "timeout_s", "settings" and "data_dir"; alone: whether nothing runs here
    but this process and its parent, process 1, with which all ends. Ends in 0 when all frames are
    written.
    """
    request = decoded(read_line(0))
    markers.extend(probe.pop("marker") for probe in request["probes"])
    hide_stdin()
    for number in STOPS:
        signal.signal(number, stop)
    global alone
    # Never on its word only: elsewhere, all but the first and this one are somebody's processes.
    alone = bool(request.get("alone")) and os.getppid() == 1
    control = None if alone else process_control()
    if control:
        control(PR_SET_CHILD_SUBREAPER, 1)
    for probe in request["probes"]:
        payload = run_probe(probe, request.get("scratch"), request["limits"], control)
        write_frame(markers.pop(0), payload)


if __name__ == "__main__":
    main()
    os._exit(0)  # Nothing is buffered, and tidying up takes an interpreter some milliseconds.
