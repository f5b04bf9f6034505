"""Starts probes inside an environment, one after the other, and frames their answers.

This file goes into foreign images as `python -E -s -S -c TEXT` and runs there on CPython 2.7 and
3.4 to 3.14 and after, with the standard library alone: nothing that the image adds to an
interpreter's start, and nothing that lies in a folder, decides what is imported here.

It reads lines of JSON on standard input, see `main`: first what holds for all probes, then one line
for each probe. The engine's side sends the line of a probe, with its random marker, only when it has
the answer of the one before; it is read here only when that probe has ended and nothing that it
started runs any more. So there is never a marker in this environment that a probe could use to
answer for a later one.

Each probe is an interpreter started anew (asking.py), a process in a session of its own, with its
own deadline. It answers through a pipe of its own; whatever it or a library prints goes another
way and is kept bounded. For each probe one frame is written to standard output:

    harness-frame MARKER LENGTH SHA256
    PAYLOAD

The payload is ASCII JSON.
"""
import sys

# `-c` puts the current folder first: a /re.py of the image must not be imported here.
sys.path[:] = [entry for entry in sys.path if entry not in ("", ".")]

import os  # noqa: E402


def whole_library():
    """Add the rest of the standard library where a virtual environment of 2.7 has a part of it.

    Its `site`, which is not started here, would do so: virtualenv before 20 names the rest in
    orig-prefix.txt, from 20 on in pyvenv.cfg.
    """
    version = "python%d.%d" % sys.version_info[:2]
    named = os.path.join(os.path.dirname(os.__file__), "orig-prefix.txt")
    configured = os.path.join(
        os.path.dirname(os.path.dirname(os.path.abspath(sys.executable))), "pyvenv.cfg")
    prefix = ""
    if os.path.isfile(named):
        with open(named) as stream:
            prefix = stream.read().strip()
    elif os.path.isfile(configured):
        with open(configured) as stream:
            for line in stream:
                name, _, value = line.partition("=")
                if name.strip() == "base-prefix":
                    prefix = value.strip()
    library = os.path.join(prefix, "lib", version)
    if prefix:
        sys.path.extend([library, os.path.join(library, "lib-dynload")])


try:
    import errno
    import fcntl
    import hashlib
    import json
    import select
    import signal
    import time
except ImportError:
    whole_library()
    import errno
    import fcntl
    import hashlib
    import json
    import select
    import signal
    import time

REQUEST_BYTES = 16 * 1024 * 1024
ANSWER_FD = 3
QUESTION_FD = 4
LAST_WORDS_S = 5.0
LEFTOVERS_S = 5.0
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
SCRATCH_VARIABLES = ("TMPDIR", "HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR", "CUDA_CACHE_PATH")

STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFZ", "SIGXFSZ")


def monotonic():
    """Seconds that no clock setting disturbs: 2.7 has only those of times(2)."""
    clock = getattr(time, "monotonic", None)
    return clock() if clock else os.times()[4]


def encoded(value):
    """A value as ASCII JSON without NaN; keys are sorted. Raises ValueError, TypeError."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, sort_keys=True).encode("ascii")


def decoded(content):
    """The value of ASCII JSON. Raises ValueError."""
    return json.loads(content.decode("ascii"))


def middle(text, limit):
    """The head and the tail of a text."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return text[:half] + "\n[... %d characters ...]\n" % (len(text) - 2 * half) + text[-half:]


# --- one probe, seen from outside --------------------------------------------------------------


class Child(object):
    """A probe's process, its group, and the pipes to it."""

    def __init__(self, command, environment, question, control):
        self.answer, answer_write = pipe()
        self.noise, noise_write = pipe()
        question_read, self.question = pipe()
        self.unsent = question
        self.status = self.usage = None
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            try:
                os.setsid()
                if control:
                    control(PR_SET_PDEATHSIG, signal.SIGKILL)
                for number in STOPS:
                    signal.signal(number, signal.SIG_DFL)
                for name in IGNORED_BY_PYTHON:  # An ignored signal stays so in what is started.
                    if hasattr(signal, name):
                        signal.signal(getattr(signal, name), signal.SIG_DFL)
                null = os.open(os.devnull, os.O_RDONLY)
                for source, target in ((null, 0), (noise_write, 1), (noise_write, 2),
                                       (answer_write, ANSWER_FD), (question_read, QUESTION_FD)):
                    os.dup2(source, target)
                os.closerange(QUESTION_FD + 1, 4096)
                os.execvpe(command[0], command, environment)
            except BaseException as error:
                os.write(2, ("the probe could not be started: %s\n" % error).encode("utf-8"))
            finally:
                os._exit(127)
        for descriptor in (answer_write, noise_write, question_read):
            os.close(descriptor)
        for descriptor in (self.answer, self.noise, self.question):
            flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
            fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_NONBLOCK)

    def send(self):
        """Write what the pipe takes of the question; close it behind the last byte."""
        try:
            self.unsent = self.unsent[os.write(self.question, self.unsent):]
        except (OSError, IOError) as error:
            if error.errno in (errno.EAGAIN, errno.EINTR):
                return
            self.unsent = b""  # It does not read: how it ends says more.
        if not self.unsent:
            os.close(self.question)
            self.question = None

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
        for descriptor in (self.answer, self.noise, self.question):
            if descriptor is not None:
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


def run_probe(probe, session, control):
    """The payload of one probe's frame."""
    killed_before = out_of_memory_kills()
    payload = {"probe": probe["name"], "outcome": "no-answer", "reason": "", "facts": {},
               "begun": True, "raised": None, "noise": "", "noise_bytes": 0, "signal": "",
               "exit": None, "durations": {}, "observed": {}}
    observed, limits = payload["observed"], session["limits"]
    observe_load(observed, "before")
    observe_cpus(observed)
    folder = None
    try:
        variables = {}
        if session.get("scratch"):
            folder = new_folder(session["scratch"])
            for name in SCRATCH_VARIABLES:
                variables[name] = folder
        settings = dict(probe.get("settings") or {})
        settings.update(
            scratch=folder, data_dir=probe.get("data_dir"), round=probe.get("round"))
        question = {"path": probe["path"], "source": probe["source"], "settings": settings,
                    "variables": variables, "folder": session["folder"]}
        started = monotonic()
        command = [session["interpreter"], "-c", session["asking"]]
        child = Child(command, session["environment"], encoded(question), control)
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
        child.ended()
        left = end_leftovers()
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
    # The first it writes is a blank: whoever wrote nothing did not come to the question.
    payload["begun"] = bool(answer)
    judge(payload, answer, stopped, child.status, grown, probe["timeout_s"])
    disturbed(payload, left, waiting_input())
    return payload


def disturbed(payload, left, unasked):
    """What a probe left running, or wrote to the runner's input, could answer for others."""
    if left:
        seen = "%d processes that it started could not be ended" % left
    elif unasked:
        seen = "%d bytes were written to the runner's input while it ran" % unasked
    else:
        return
    payload.update(outcome="interfered", reason=seen, facts={}, raised=None)


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
        writing = [child.question] if child.unsent else []
        readable, writable, _ = retry(select.select, reading, writing, [], wait)
        if writable:
            child.send()
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
            if raised.get("around"):
                payload["raised"]["around"] = dict(raised["around"])
            payload["outcome"] = "raised"
            payload["reason"] = middle(
                "%s: %s" % (raised["type"], raised["message"]), 500).strip()
        else:
            payload["facts"] = dict(content["facts"])
            payload["outcome"] = "ok"
    except (ValueError, KeyError, TypeError, RuntimeError):  # The last: nested too deeply.
        payload["reason"] = "%s (exit status %s)" % (
            "its answer cannot be read" if answer.strip() else (
                "it ended without an answer" if answer else "it ended before the probe had begun"),
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


def first_environment():
    """The variables that the environment was started with.

    What an interpreter or a wrapper has put into its own on the way here (LC_CTYPE in the C locale,
    say) is not passed on: it will do so again for each probe.
    """
    for path in (["/proc/1/environ"] if alone else []) + ["/proc/self/environ"]:
        try:
            with open(path, "rb") as stream:
                pairs = [one.partition(b"=") for one in stream.read().split(b"\0") if b"=" in one]
        except (IOError, OSError):
            continue
        return dict((name, value) for name, _, value in pairs)
    return dict(os.environ)


def end_leftovers():
    """Kill what a probe left running outside its own group; how many could not be ended.

    A list of processes alone would not do: among some that fork and end, it is old before it has
    been read.
    """
    deadline = monotonic() + LEFTOVERS_S
    while kill_all() if alone else kill_children():
        if monotonic() > deadline:
            return max(1, len(left_running()))
        time.sleep(0.002)
    return 0


def kill_all():
    """Kill all but process 1 and this one; whether any still runs.

    They are killed in one call, after which none can start another: only then is a list of what
    runs to be relied on. One that has ended need not have been taken note of by process 1.
    """
    try:
        os.kill(-1, signal.SIGKILL)
    except OSError as error:
        if error.errno == errno.ESRCH:
            return False
    no_children()
    return bool(left_running())


def kill_children():
    """Kill our children, inherited ones too; whether there are any."""
    if no_children():
        return False
    for pid in left_running():
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    return not no_children()


def no_children():
    """Take note of the end of every child; whether no child is left, as the kernel says."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except OSError as error:
        return error.errno == errno.ECHILD
    return False


def left_running():
    """As their subreaper we inherit them; where we are alone, it is whatever runs there."""
    own = os.getpid()
    there = [int(name) for name in os.listdir("/proc") if name.isdigit()] if (
        os.path.isdir("/proc")) else []
    if alone:
        return [pid for pid in there if pid not in (1, own) and state_of(pid)[0] not in "ZX"]
    return [pid for pid in there if state_of(pid)[1] == own]


def state_of(pid):
    """(state letter, parent's id) of a process; ("X", None) where it is gone."""
    # The second field, a command in parentheses, may hold blanks and parentheses itself.
    fields = read_file("/proc/%d/stat" % pid).rpartition(")")[2].split()
    return (fields[0], int(fields[1])) if len(fields) > 1 else ("X", None)


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


def observe_cpus(observed):
    """The CPUs that this environment may use, as the kernel lists them."""
    for line in read_file("/proc/self/status").splitlines():
        if line.startswith("Cpus_allowed_list:"):
            observed["cpus_allowed"] = line.split(":", 1)[1].strip()


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


unread = b""


def read_line():
    """The next line of standard input; empty at its end."""
    global unread
    while b"\n" not in unread:
        part = retry(os.read, 0, 65536)
        unread += part
        if not part or len(unread) > REQUEST_BYTES:
            break
    line, _, unread = unread.partition(b"\n")
    return line


def waiting_input():
    """Bytes that wait on standard input, where nothing is due before the next frame."""
    count = len(unread)
    if retry(select.select, [0], [], [], 0)[0]:
        count += len(retry(os.read, 0, 65536))  # None at the end of the input.
    return count


def write_frame(marker, payload):
    content = encoded(payload)
    head = "harness-frame %s %d %s\n" % (
        marker, len(content), hashlib.sha256(content).hexdigest())
    frame = head.encode("ascii") + content + b"\n"
    while frame:
        frame = frame[retry(os.write, 1, frame):]


current = None
alone = False


def stop(number, _):
    if current is not None:
        current.kill()
        end_leftovers()
    os._exit(128 + number)


def main():
    """Read what holds for all probes, then ask one after the other, one frame for each.

    First line: {"interpreter", "asking", "scratch", "folder", "limits", "alone", "marker"}.
    interpreter: the command that starts Python here; asking: the text it is started with; scratch:
    a writable folder, or null; folder: where probes run; limits: "answer_bytes", "noise_bytes"
    (kept of what a probe prints) and "total_bytes" (more of it stops the probe); alone: whether
    nothing runs here but this process and its parent, process 1, with which all ends; marker: of
    the frame that says that this has begun, where one is wanted. Each further line is a probe:
    "name", "path", "source", "marker", "timeout_s", "settings", "round" and "data_dir". An empty
    line, the end of the input or a probe that disturbed the exchange ends it in 0.

    It stays in the folder it is started in, and interpreters of probes start there too: from 3.13
    on they import a module before the first statement, so that folder must hold nothing of the
    image's.
    """
    session = decoded(read_line())
    for number in STOPS:
        signal.signal(number, stop)
    global alone
    # Never on its word only: elsewhere, all but the first and this one are somebody's processes.
    alone = bool(session.get("alone")) and os.getppid() == 1
    control = None if alone else process_control()
    if control:
        control(PR_SET_CHILD_SUBREAPER, 1)
    session["environment"] = first_environment()
    if session.get("marker"):
        write_frame(session["marker"], {"begun": True})
    while True:
        line = read_line()
        if not line:
            return
        probe = decoded(line)
        marker = probe.pop("marker")
        payload = run_probe(probe, session, control)
        write_frame(marker, payload)
        if payload["outcome"] == "interfered":
            return


if __name__ == "__main__":
    main()
    os._exit(0)  # Nothing is buffered, and tidying up takes an interpreter some milliseconds.
