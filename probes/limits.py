"""How much of the machine may it use: processors, quota, memory?

Read from the kernel's own files, as the container shows them: control groups of version 1 and 2,
the set of processors this process may run on, and how many are visible. They are of the container,
not of the image, so they are measured anew in each round. How many threads a framework was given
says the probe that trains.
"""
import os
import re

PROBE = {
    "question": "How much of the machine may it use: processors, quota, memory?",
    "where": "inside",
    "order": 15,
    "timeout_s": 60,
    "frameworks": [],
    "dataset": "",
    "settings": {},
    "natures": [["limits.*", "measured"]],
    "evidence": []
}

ROOT = "/sys/fs/cgroup"
NO_LIMIT = 1 << 60
# Version 1 writes a number as large as this where there is none.


def probe(settings):
    groups = control_groups(read("/proc/self/cgroup"))
    allowed = re.search(r"^Cpus_allowed_list:\s*(\S+)", read("/proc/self/status"), re.M)
    return {
        "limits.cpu_quota": cpu_quota(groups),
        "limits.cpu_set": cpu_set(groups),
        "limits.cpus_visible": visible(),
        "limits.cpus_usable": count(allowed.group(1)) if allowed else None,
        "limits.memory_bytes": memory(groups)
    }


def control_groups(text):
    """Controller -> path of this process's group; version 2 under an empty name."""
    found = {}
    for line in text.splitlines():
        parts = line.split(":", 2)
        if len(parts) == 3:
            for name in parts[1].split(","):
                found[name] = parts[2]
    return found


def folders(groups, controller):
    """Where a controller's files may lie: the group and those above it, in both versions.

    Inside a container the path is often the host's, and the group is what lies at the root.
    """
    places = []
    for mount, name in ((ROOT, ""), (ROOT + "/" + controller, controller),
                        (ROOT + "/cpu,cpuacct", controller)):
        path = groups.get(name)
        while path is not None:
            places.append(mount + path.rstrip("/"))
            path = path.rpartition("/")[0] if path.strip("/") else None
        places.append(mount)
    return sorted(set(places))


def cpu_quota(groups):
    """How many processors' time it may use, the least of all groups above it; None: all."""
    quotas = []
    for folder in folders(groups, "cpu"):
        words = read(folder + "/cpu.max").split()
        quota = number(read(folder + "/cpu.cfs_quota_us"))
        period = number(read(folder + "/cpu.cfs_period_us"))
        if len(words) == 2:
            quota, period = number(words[0]), number(words[1])
        if quota and period and quota > 0:
            quotas.append(float(quota) / period)
    return min(quotas) if quotas else None


def cpu_set(groups):
    """The processors of its group, as the kernel writes them: `0-3,8`; None where it does not."""
    told = [read(folder + "/" + name).strip()
            for folder in folders(groups, "cpuset")
            for name in ("cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus")]
    told = [text for text in told if re.match(r"[\d,-]+\Z", text)]
    return min(told, key=lambda text: (count(text), text)) if told else None


def memory(groups):
    """Bytes of memory, the least of all groups above it; None: no limit."""
    limits = [number(read(folder + "/" + name))
              for folder in folders(groups, "memory")
              for name in ("memory.max", "memory.limit_in_bytes")]
    limits = [limit for limit in limits if limit and 0 < limit < NO_LIMIT]
    return min(limits) if limits else None


def visible():
    """How many processors the C library tells programs of: what frameworks start threads for."""
    try:
        return os.sysconf("SC_NPROCESSORS_ONLN")
    except (AttributeError, OSError, ValueError):
        return None


def count(text):
    """How many numbers a list like `0-3,8` has."""
    total = 0
    for part in text.split(","):
        first, _, last = part.partition("-")
        total += int(last or first) - int(first) + 1
    return total


def number(text):
    try:
        return int(text)
    except ValueError:
        return None  # `max`, or nothing.


def read(path):
    """The text of a file of the system, or nothing."""
    try:
        with open(path, "rb") as stream:
            return str(stream.read(65536).decode("ascii", "ignore"))
    except (IOError, OSError):
        return ""
