#!/usr/bin/env python
# -*- coding: ascii -*-
"""Describe this host, to check images for it elsewhere: python describe_host.py > host.json

One file, standard library only, Python 2.7 and 3.4 or later; it reads, asks the engine's socket and
nvidia-smi, changes nothing, and takes neither host name nor address nor environment.
"""

from __future__ import print_function

import json
import os
import platform
import re
import socket
import subprocess
import sys
import threading
import time

FORMAT = 1
PATIENCE_S = 5.0
LIMIT = 1024 * 1024


def describe(root="/"):
    """The description, a value of JSON. What cannot be told is empty, zero, or missing."""
    cpu = text_of(os.path.join(root, "proc/cpuinfo"))
    release = text_of(os.path.join(root, "etc/os-release"))
    memory = re.search(r"^MemTotal:\s+(\d+) kB", text_of(os.path.join(root, "proc/meminfo")), re.M)
    driver = re.search(
        r"Module\s+(?:for \S+\s+)?(\d+[.\d]+)", text_of(os.path.join(root, "proc/driver/nvidia/version"))
    )
    gpus, said_driver, cuda = graphics()
    return {
        "harness_host": FORMAT,
        "collected": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": platform.machine(),
        "kernel": platform.release(),
        "system": field(release, r'^PRETTY_NAME="?([^"\n]*)'),
        "cpu": {
            "model": field(cpu, r"^model name\s*:\s*(.*)$"),
            "flags": sorted(set(field(cpu, r"^(?:flags|Features)\s*:\s*(.*)$").split())),
            "cores": cores(),
            "quota": quota(root),
        },
        "memory_bytes": int(memory.group(1)) * 1024 if memory else 0,
        "vsyscall": vsyscall(text_of(os.path.join(root, "proc/self/maps"))),
        "cgroup": cgroup(root),
        "engines": engines(),
        "gpus": gpus,
        "driver": said_driver or (driver.group(1) if driver else ""),
        "cuda": cuda,
        "toolkit": toolkit(),
    }


def text_of(path):
    try:
        with open(path, "rb") as stream:
            return stream.read(LIMIT).decode("utf-8", "replace")
    except (IOError, OSError, TypeError, ValueError):
        return ""


def field(text, pattern):
    found = re.search(pattern, text, re.M)
    return found.group(1).strip() if found else ""


def cores():
    try:
        return len(getattr(os, "sched_" "getaffinity")(0))
    except AttributeError:
        try:
            return os.sysconf("SC_NPROCESSORS_ONLN")
        except (ValueError, OSError):
            return 0


def vsyscall(maps):
    """How the kernel serves the page that C libraries before 2.14 call into."""
    for line in maps.splitlines():
        if line.endswith("[vsyscall]"):
            return "emulate" if line.split()[1].startswith("r") else "xonly"
    return "none" if maps else ""


def cgroup(root):
    if os.path.exists(os.path.join(root, "sys/fs/cgroup/cgroup.controllers")):
        return 2
    return 1 if os.path.isdir(os.path.join(root, "sys/fs/cgroup/memory")) else 0


def quota(root):
    """How many processors' time the control groups above this process leave it, the least of all
    of them; 0: no quota is seen. A container shows its own group as the root of all."""
    found = []
    for line in text_of(os.path.join(root, "proc/self/cgroup")).splitlines():
        parts = line.strip().split(":", 2)
        if len(parts) != 3:
            continue
        names = parts[1].split(",")
        if parts[1] and "cpu" not in names:
            continue
        for mount in ("cpu", "cpu,cpuacct", "cpuacct,cpu", "unified") if parts[1] else ("", "unified"):
            path = parts[2]
            while True:
                where = os.path.join(root, "sys/fs/cgroup", mount, path.strip("/"))
                found.append(share(where))
                if not path.strip("/"):
                    break
                path = path.rstrip("/").rpartition("/")[0]
    limits = [one for one in found if one]
    return min(limits) if limits else 0


def share(where):
    """The quota of one control group in processors; 0: it has none."""
    words = text_of(os.path.join(where, "cpu.max")).split()
    if len(words) != 2:
        words = [
            text_of(os.path.join(where, "cpu.cfs_quota_us")).strip(),
            text_of(os.path.join(where, "cpu.cfs_period_us")).strip(),
        ]
    try:
        most, period = int(words[0]), int(words[1])
    except ValueError:
        return 0  # `max`, or nothing
    return round(float(most) / period, 3) if most > 0 and period > 0 else 0


def engines():
    found = [one for one in (docker(), podman()) if one]
    return found


def docker():
    where = os.environ.get("DOCKER_HOST", "")
    if where and not where.startswith("unix://"):
        return None
    path = where[len("unix://"):] or "/var/run/docker.sock"
    version, info = ask(path, "/version"), ask(path, "/info")
    if not isinstance(version, dict) or "ApiVersion" not in version:
        return None
    info = info if isinstance(info, dict) else {}
    folder = info.get("DockerRootDir") or "/"
    return {
        "name": "docker",
        "version": version.get("Version", ""),
        "api": version.get("ApiVersion", ""),
        "minimum_api": version.get("MinAPIVersion", ""),
        "runtimes": sorted(info.get("Runtimes") or {}),
        "security": sorted(info.get("SecurityOptions") or []),
        "storage": info.get("Driver", ""),
        "free_bytes": free(folder),
    }


def podman():
    said = run(["podman", "--version"])
    version = field(said, r"podman version (\S+)")
    if not version:
        return None
    return {"name": "podman", "version": version, "free_bytes": free("/var/lib/containers")}


def ask(path, target):
    """One answer of an engine's socket; None where there is none in time."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(PATIENCE_S)
    try:
        connection.connect(path)
        connection.sendall(("GET %s HTTP/1.0\r\nHost: engine\r\n\r\n" % target).encode("ascii"))
        answer = b""
        while len(answer) < LIMIT:
            piece = connection.recv(65536)
            if not piece:
                break
            answer += piece
        return json.loads(answer.split(b"\r\n\r\n", 1)[1].decode("utf-8"))
    except (IOError, OSError, ValueError, IndexError, RuntimeError):
        return None  # RuntimeError: nested more deeply than is read
    finally:
        connection.close()


def free(folder):
    """Free bytes where the folder is, or will be."""
    while folder not in ("", "/") and not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    try:
        status = os.statvfs(folder or "/")
        return status.f_bavail * status.f_frsize
    except OSError:
        return 0


def graphics():
    """(GPUs, driver, newest CUDA the driver knows), by nvidia-smi."""
    wanted = ["name", "driver_version", "memory.total", "compute_cap"]
    rows = []
    # Drivers before 465 or so do not know compute_cap.
    for fields in (wanted, wanted[:3]):
        said = run(["nvidia-smi", "--query-gpu=" + ",".join(fields), "--format=csv,noheader,nounits"])
        rows = [line.split(", ") for line in said.splitlines() if line.count(",") == len(fields) - 1]
        if rows:
            break
    if not rows:
        return [], "", ""
    gpus = []
    for row in rows[:64]:
        gpus.append(
            {
                "name": row[0].strip(),
                "memory_mib": int(row[2]) if row[2].strip().isdigit() else 0,
                "capability": row[3].strip() if len(row) > 3 else "",
            }
        )
    cuda = field(run(["nvidia-smi"]), r"CUDA Version:\s*([\d.]+)")
    return gpus, rows[0][1].strip(), cuda


def toolkit():
    """The version of NVIDIA's container toolkit."""
    said = run(["nvidia-container-cli", "--version"]) or run(["nvidia-ctk", "--version"])
    return field(said, r"(?:cli-version:|version)\s*v?(\d[\w.~-]*)")


def run(command):
    """What a program prints; nothing where it is not there, fails, or takes too long."""
    try:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except (IOError, OSError):
        return ""
    timer = threading.Timer(PATIENCE_S, process.kill)
    timer.start()
    try:
        said = process.communicate()[0]
    finally:
        timer.cancel()
    if process.returncode:
        return ""
    return said[:LIMIT].decode("utf-8", "replace")


if __name__ == "__main__":
    json.dump(describe(), sys.stdout, indent=1, sort_keys=True)
    print()
