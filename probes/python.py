"""Which interpreter, operating system, C library and processor is this?

Nothing that differs from one container to the next of the same image on the same host: no host
name, no process ids, no clock rates. Of the environment only the variables that change how
programs behave are told with their values, and never one whose name or value looks like a secret;
those that only say where and by whom a program was started are not told at all.
"""
import locale
import os
import platform
import re
import struct
import sys
import sysconfig
import time

PROBE = {
    "question": "Which interpreter, operating system, C library and processor is this?",
    "where": "inside",
    "order": 10,
    "timeout_s": 60,
    "frameworks": [],
    "dataset": "",
    "settings": {},
    "natures": [
        # Where the interpreter lies is chosen by whoever made the environment.
        ["python.executable", "observed"],
        ["python.prefix", "observed"],
        ["python.base_prefix", "observed"]
    ],
    "evidence": []
}

TOLD = re.compile(
    r"(PATH|TZ|LANG|GLIBC_TUNABLES"
    r"|(LD_|LC_|PYTHON|MALLOC_"  # the loader, the C library, the interpreter
    r"|TF_|XLA_|KERAS_|JAX_|TORCH_|PYTORCH_|CUDA_|CUDNN_|CUBLAS_|NVIDIA_|NCCL_|ROCM_|HIP_"
    r"|OMP_|GOMP_|KMP_|MKL_|ONEDNN_|DNNL_|OPENBLAS_|BLIS_|NUMEXPR_|NUMBA_|NPY_|NUMPY_"
    r"|PROTOCOL_BUFFERS_|HDF5_|GRPC_|ABSL_|TENSORBOARD_|TENSORRT_|TRT_)"
    r"[A-Za-z0-9_]*)\Z")
# These say where and by whom something was started: they mean nothing to a program.
MEANINGLESS = re.compile(
    r"(_|PWD|OLDPWD|HOSTNAME|SHLVL|TERM|COLUMNS|LINES|LS_COLORS|PS[0-4]|WINDOWID|DISPLAY|MAIL"
    r"|USER|LOGNAME|USERNAME|SHELL|EDITOR|PAGER|container|(SSH|SUDO|TERM|XDG_SESSION)_\w*)\Z")
# Terraform has TF_TOKEN_host and TF_VAR_name, which often hold secrets.
SECRET = re.compile(r"TOKEN|SECRET|PASS|KEY|CREDENTIAL|AUTH|\ATF_(VAR|HTTP|CLI)_", re.I)
MOVED = ("TMPDIR", "HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR", "CUDA_CACHE_PATH")
TEXT = 4096
NAMES = 2000


def probe(settings):
    facts = {}
    facts.update(interpreter())
    facts.update(operating_system())
    facts.update(processor())
    facts.update(language())
    facts.update(environment(os.environ, settings.get("scratch")))
    return facts


def interpreter():
    version = sys.version_info
    facts = {
        "python.version": "%d.%d.%d" % version[:3],
        "python.release_level": version[3],
        "python.implementation": platform.python_implementation(),
        "python.full_version": " ".join(sys.version.split()),
        "python.compiler": platform.python_compiler(),
        "python.bits": 8 * struct.calcsize("P"),
        "python.byte_order": sys.byteorder,
        "python.max_unicode": sys.maxunicode,
        "python.abi_flags": getattr(sys, "abiflags", ""),
        "python.executable": sys.executable or "",
        "python.prefix": sys.prefix,
        "python.base_prefix": getattr(sys, "base_prefix", sys.prefix),
        "python.virtual": getattr(sys, "base_prefix", sys.prefix) != sys.prefix,
        "python.optimize": sys.flags.optimize,
        "python.hash_algorithm": getattr(
            getattr(sys, "hash_info", None), "algorithm", "fnv")
    }
    facts.update(flags(sys.flags))
    for name in ("SOABI", "HOST_GNU_TYPE", "Py_DEBUG", "Py_ENABLE_SHARED", "Py_GIL_DISABLED",
                 "WITH_PYMALLOC"):
        value = sysconfig.get_config_var(name)
        if value is not None:
            facts["python.build." + name.lower()] = value
    for library, module, attribute in (("openssl", "ssl", "OPENSSL_VERSION"),
                                       ("sqlite", "sqlite3", "sqlite_version"),
                                       ("zlib", "zlib", "ZLIB_RUNTIME_VERSION"),
                                       ("expat", "pyexpat", "EXPAT_VERSION")):
        try:
            found = getattr(__import__(module), attribute, None)
        except ImportError:
            found = None
        facts["python.library." + library] = found
    return facts


def flags(told):
    """The flags the interpreter was started with, by option, variable or wrapper, that are set."""
    facts = {}
    for name in sorted(dir(told)):
        value = getattr(told, name)
        if not name.startswith(("_", "n_")) and isinstance(value, int) and value:
            facts["python.flags." + name] = value
    return facts


def operating_system():
    facts = {"os.system": platform.system(), "os.machine": platform.machine(),
             "kernel.release": platform.release(), "kernel.version": platform.version()}
    for line in (read("/etc/os-release") or read("/usr/lib/os-release")).splitlines():
        name, separator, value = line.partition("=")
        if separator and name in ("ID", "VERSION_ID", "VERSION_CODENAME", "PRETTY_NAME"):
            facts["os." + name.lower()] = value.strip().strip("\"'")
    # The number os-release leaves out: Debian's point release.
    debian = read("/etc/debian_version").strip()
    if debian:
        facts["os.debian_version"] = debian
    facts["libc.version"] = c_library()
    return facts


def c_library():
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, OSError, ValueError):
        pass  # 2.7 does not know the name; musl has no such thing.
    try:
        import ctypes
        version = ctypes.CDLL(None).gnu_get_libc_version
        version.restype = ctypes.c_char_p
        return "glibc " + str(version().decode("ascii"))
    except (ImportError, AttributeError, OSError):
        pass
    for name in sorted(os.listdir("/lib")):
        if name.startswith("ld-musl-"):
            return "musl"
    return None


def processor():
    facts = {}
    cores = set()
    fields = {}
    threads = 0
    for block in read("/proc/cpuinfo", 4 * 1024 * 1024).split("\n\n"):
        entry = {}
        for line in block.splitlines():
            name, _, value = line.partition(":")
            entry[name.strip().lower()] = value.strip()
        if "processor" not in entry:
            continue
        threads += 1
        cores.add((entry.get("physical id", ""), entry.get("core id", str(threads))))
        fields = fields or entry
    facts["cpu.model"] = fields.get("model name") or fields.get("cpu part")
    facts["cpu.vendor"] = fields.get("vendor_id") or fields.get("cpu implementer")
    facts["cpu.instruction_sets"] = sorted(
        (fields.get("flags") or fields.get("features") or "").split())
    facts["cpu.cores"] = len(cores) or None
    facts["cpu.threads"] = threads or None
    facts["cpu.usable_threads"] = usable_threads()
    return facts


def usable_threads():
    """Those this process may run on; `os.sched_getaffinity` is too new for 2.7."""
    found = re.search(r"^Cpus_allowed_list:\s*(\S+)", read("/proc/self/status"), re.M)
    if not found:
        return None
    count = 0
    for part in found.group(1).split(","):
        first, _, last = part.partition("-")
        count += int(last or first) - int(first) + 1
    return count


def language():
    try:
        chosen = locale.setlocale(locale.LC_ALL, "")
    except locale.Error as error:
        chosen = "error: %s" % error
    return {
        "locale.name": chosen,
        "locale.preferred_encoding": locale.getpreferredencoding(False),
        "locale.file_system_encoding": sys.getfilesystemencoding(),
        "locale.utf8_mode": bool(getattr(sys.flags, "utf8_mode", 0)),
        "time_zone.names": list(time.tzname),
        "time_zone.offset_seconds": -time.timezone
    }


def environment(variables, scratch):
    facts = {}
    names = []
    for name, value in sorted(variables.items()):
        if name in MOVED and scratch and (value + "/").startswith(scratch + "/"):
            continue  # The runner set it: a new path in every container.
        if MEANINGLESS.match(name):
            continue
        if not TOLD.match(name) or SECRET.search(name):
            names.append(name[:TEXT])
            continue
        hidden = re.sub(r"://[^/@\s]*@", "://***@", value)
        facts["python.environment." + name[:200]] = hidden[:TEXT]
    facts["python.environment_names"] = names[:NAMES]
    return facts


def read(path, limit=65536):
    """The text of a file of the system, or nothing."""
    try:
        with open(path, "rb") as stream:
            return str(stream.read(limit).decode("ascii", "ignore"))
    except (IOError, OSError):
        return ""
