"""Which shared libraries does the framework really load, and are they those it was built for?

The framework is imported and computes a matrix product and a convolution, so that what is loaded
late is loaded too; then this process's own map of memory says what is there. Every object is told
by the SHA-256 of its file: an equal version string over other bytes is a difference.

A thread hashes while the import goes on, since one library alone can have 800 MB.
"""
from __future__ import division

import ctypes
import glob
import hashlib
import os
import re
import struct
import sys
import threading
import time

PROBE = {
    "question": "Which shared libraries does the framework load, and which was it built for?",
    "where": "inside",
    "order": 35,
    "timeout_s": 300,
    "frameworks": ["tensorflow"],
    "dataset": "",
    "settings": {},
    "natures": [
        ["libraries.*_seconds", "timing"]
    ],
    "evidence": [
        {"level": "L1", "kind": "loaded", "fact": "libraries.framework"}
    ]
}

RTLD_NOLOAD = 4  # os.RTLD_NOLOAD is not in 2.7
CHUNK = 1024 * 1024
LONGEST = 200
MARKS = (("eigen", b"5Eigen"), ("onednn", b"dnnl_version"), ("onednn", b"mkldnn_version"))
BLAS = (
    ("openblas", re.compile(r"lib(scipy_)?openblas")),
    ("mkl", re.compile(r"lib(mkl_(rt|core)|mklml)")),
    ("blis", re.compile(r"libblis")),
    ("atlas", re.compile(r"lib(t?satlas|atlas|f77blas)")),
    ("netlib", re.compile(r"libblas\.so"))
)
OPENBLAS = ("openblas_get_config", "openblas_get_config64_", "scipy_openblas_get_config",
            "scipy_openblas_get_config64_")
# What stands in names of libraries to what the framework's own build information calls it.
GPU = (
    ("cuda", re.compile(r"libcudart\.so")),
    ("cudnn", re.compile(r"libcudnn\.so")),
    ("cublas", re.compile(r"libcublas\.so")),
    ("driver", re.compile(r"libcuda\.so"))
)

clock = getattr(time, "perf_counter", time.time)


def probe(settings):
    hashing = Hashing()
    hashing.start()
    try:
        started = clock()
        import tensorflow
        imported = clock()
        compute(tensorflow)
        computed = clock()
    finally:
        hashing.finish()
    facts = {
        "libraries.import_seconds": imported - started,
        "libraries.compute_seconds": computed - imported,
        "libraries.hashing_seconds": clock() - computed
    }
    package = folder_of(tensorflow)
    objects = describe(hashing.known, package)
    facts.update(listing(objects))
    facts.update(mathematics(tensorflow, objects))
    facts.update(accelerators(tensorflow, objects, os.path.dirname(package)))
    return facts


def folder_of(tensorflow):
    """Where its code lies; 1.15, 2.0 and 2.1 have it beside the package that one imports."""
    inner = sys.modules.get("tensorflow_core", tensorflow)
    return os.path.realpath(os.path.dirname(inner.__file__))


def compute(tensorflow):
    """A matrix product and a convolution in graph mode, as every version from 1.0 on has it."""
    tf = reach(tensorflow, "compat.v1") or tensorflow
    if not hasattr(tf, "Session"):
        tf = tensorflow
    graph = tf.Graph()
    with graph.as_default():
        square = tf.ones([64, 64])
        image = tf.ones([1, 16, 16, 3])
        kernel = tf.ones([3, 3, 3, 8])
        convolved = tf.nn.conv2d(image, kernel, strides=[1, 1, 1, 1], padding="SAME")
        wanted = [tf.reduce_sum(tf.matmul(square, square)), tf.reduce_sum(convolved)]
        options = tf.GPUOptions(allow_growth=True)
        with tf.Session(graph=graph, config=tf.ConfigProto(gpu_options=options)) as session:
            session.run(wanted)


# --- what is in this process -------------------------------------------------------------------


def mapped():
    """Paths of the files whose code is mapped into this process, but its own program."""
    program = os.path.realpath("/proc/self/exe")
    found = {}
    with open("/proc/self/maps", "rb") as stream:
        for line in stream.read().splitlines():
            fields = line.split(None, 5)
            if len(fields) == 6 and b"x" in fields[1] and fields[5].startswith(b"/"):
                path = fields[5] if str is bytes else fields[5].decode(
                    sys.getfilesystemencoding(), "surrogateescape")
                if path != program:
                    found[path] = True
    return sorted(found)


class Hashing(threading.Thread):
    """Hashes what is mapped as it comes; `known` is path -> (SHA-256, names of MARKS in it)."""

    def __init__(self):
        threading.Thread.__init__(self)
        self.daemon = True
        self.known = {}
        self.done = threading.Event()

    def run(self):
        while not self.done.is_set():
            self.take_in()
            self.done.wait(0.1)

    def take_in(self):
        for path in mapped():
            if path not in self.known:
                self.known[path] = read_through(path)

    def finish(self):
        self.done.set()
        self.join()
        self.take_in()


def read_through(path):
    """(SHA-256, marks) of a file; (None, marks so far) where it cannot be read."""
    hashed = hashlib.sha256()
    found = {}
    overlap = b""
    try:
        with open(path, "rb") as stream:
            while True:
                chunk = stream.read(CHUNK)
                if not chunk:
                    return hashed.hexdigest(), sorted(found)
                hashed.update(chunk)
                for name, mark in MARKS:
                    if name not in found and (mark in chunk or mark in overlap + chunk[:32]):
                        found[name] = True
                overlap = chunk[-32:]
    except (IOError, OSError):
        return None, sorted(found)


def describe(known, package):
    """One dict for each object, in the order of paths."""
    objects = []
    for path in sorted(known):
        sha256, marks = known[path]
        elf = dynamic_section(path)
        name = os.path.basename(path)
        objects.append({
            "path": path,
            "place": placed(path),
            "name": elf["soname"] or name,
            "module": module_name(path, name),
            "sha256": sha256,
            "marks": marks,
            "needed": elf["needed"],
            "version": version_in(name),
            "own": path.startswith(package + os.sep)
        })
    return objects


def placed(path):
    """Where it lies: below a folder of packages by its relative path, else as it is.

    So that one wheel installed in two places is at one place.
    """
    for folder in sorted(sys.path, key=len, reverse=True):
        folder = os.path.realpath(folder or ".")
        if len(folder) > 1 and path.startswith(folder + os.sep):
            return path[len(folder) + 1:]
    return path


def module_name(path, name):
    """The dotted name of an extension module of Python; empty for any other library."""
    if name.startswith("lib"):
        return ""
    stem = re.sub(r"(\.cpython-[\w-]+|\.abi3|\.[\w-]+-linux-[\w-]+|module)?\.so\Z", "", name)
    relative = placed(path)
    if stem == name or relative == path:
        return ""
    return ".".join(os.path.dirname(relative).split(os.sep) + [stem]).lstrip(".")


def version_in(name):
    """What a file's name says of its version: libz.so.1.2.11, libc-2.31.so."""
    found = re.search(r"\.so\.(\d+(\.\d+)+)\Z", name) or re.search(
        r"-(\d+(\.\d+)+)\.so\Z", name)
    return found.group(1) if found else None


def listing(objects):
    """Each library by its SONAME and each extension module by its name; one name may be there
    twice."""
    facts = {
        "libraries.count": len(objects),
        "libraries.framework": [one["place"] for one in objects if one["own"]]
    }
    taken = {}
    for one in objects:
        if one["module"]:
            key = "libraries.module." + one["module"]
        else:
            key = "libraries.shared." + one["name"]
        key = key[:LONGEST]
        taken[key] = taken.get(key, 0) + 1
        if taken[key] > 1:
            key += "#%d" % taken[key]
        if one["module"]:
            facts[key] = one["sha256"]
            continue
        facts[key + ".sha256"] = one["sha256"]
        facts[key + ".path"] = one["place"]
        if one["version"]:
            facts[key + ".version"] = one["version"]
    facts["libraries.loaded_twice"] = sorted(
        key.partition(".")[2].partition(".")[2] for key in taken if taken[key] > 1)
    return facts


def mathematics(tensorflow, objects):
    """Which linear algebra is there: in libraries of its own, or inside the framework's."""
    facts = {}
    own = [one for one in objects if one["own"]]
    found = {}
    for one in objects:
        name = os.path.basename(one["path"])
        for blas, pattern in BLAS:
            if pattern.match(name):
                found[blas] = True
                said = blas_configuration(blas, one["path"])
                number = re.search(r"\d+\.\d+(\.\d+)*", said or "")
                if number:
                    facts["libraries.%s.version" % blas] = number.group()
                    facts["libraries.%s.configuration" % blas] = said
    if any("eigen" in one["marks"] for one in own):
        found["eigen"] = True
    facts["libraries.blas"] = sorted(found)
    facts["libraries.onednn.present"] = any("onednn" in one["marks"] for one in own) or any(
        re.match(r"lib(mkl)?dnn[l.]", os.path.basename(one["path"])) for one in objects)
    for one in own:
        version = onednn_version(one["path"])
        if version:
            facts["libraries.onednn.version"] = version
    enabled = onednn_enabled(tensorflow)
    if enabled is not None:
        facts["libraries.onednn.enabled"] = enabled
    return facts


def onednn_enabled(tensorflow):
    """Whether the framework would use MKL or oneDNN; None where this version does not say."""
    name = tensorflow.__name__
    for module in ("python.util._pywrap_util_port", "python._pywrap_util_port",
                   "python.pywrap_tensorflow"):
        try:
            found = __import__("%s.%s" % (name, module), None, None, ["IsMklEnabled"])
            return bool(found.IsMklEnabled())
        except (ImportError, AttributeError):
            pass
    return None


def blas_configuration(blas, path):
    """What a library says of itself: its version, how it was built, which processor it sees."""
    library = opened(path)
    if library is None:
        return None
    if blas == "openblas":
        for name in OPENBLAS:
            call = getattr(library, name, None)
            if call is not None:
                call.restype = ctypes.c_char_p
                return text(call())
    if blas == "mkl":
        call = getattr(library, "mkl_get_version_string", None) or getattr(
            library, "MKL_Get_Version_String", None)
        if call is not None:
            answer = ctypes.create_string_buffer(256)
            call.restype = None
            call.argtypes = [ctypes.c_char_p, ctypes.c_int]
            call(answer, 255)
            return text(answer.value)
    return None


class OneDnnVersion(ctypes.Structure):
    """`dnnl_version_t` begins so in every release."""

    _fields_ = [("major", ctypes.c_int), ("minor", ctypes.c_int), ("patch", ctypes.c_int)]


def onednn_version(path):
    """What a library that holds oneDNN says, where it shows the function at all."""
    library = opened(path)
    for name in ("dnnl_version", "mkldnn_version"):
        call = getattr(library, name, None)
        if call is not None:
            call.restype = ctypes.POINTER(OneDnnVersion)
            said = call()
            if said:
                return "%d.%d.%d" % (
                    said.contents.major, said.contents.minor, said.contents.patch)
    return None


def accelerators(tensorflow, objects, packages):
    """CUDA and its like: what is loaded, beside what the framework was built for."""
    facts = {}
    loaded = {}
    for one in objects:
        for gpu, pattern in GPU:
            if pattern.match(os.path.basename(one["path"])):
                loaded[gpu] = gpu_version(gpu, one["path"]) or one["version"] or "unknown"
                facts["libraries.%s.version" % gpu] = loaded[gpu]
    built = {}
    for one in objects:
        if one["own"]:
            for needed in one["needed"]:
                for gpu, pattern in GPU:
                    number = re.search(r"\.so\.(\d+(\.\d+)*)\Z", needed)
                    if pattern.match(needed) and number and gpu != "driver":
                        built[gpu] = number.group(1)
    information = reach(tensorflow, "sysconfig.get_build_info")
    if information is not None:
        for name, value in sorted(dict(information()).items()):
            if name in ("cuda_version", "cudnn_version") and value:
                built[name.partition("_")[0]] = text(value)
    installed = beside(packages)
    mismatches = []
    for gpu in built:
        facts["libraries.built_for." + gpu] = built[gpu]
        how, found = "loaded", [loaded[gpu]] if gpu in loaded else []
        if not found:
            # Without a device nothing of CUDA is loaded: what lies there is all there is to tell.
            how, found = "installed", installed.get(gpu, [])
        if found and not any(same_release(built[gpu], one) for one in found):
            mismatches.append(
                "%s: built for %s, %s %s" % (gpu, built[gpu], how, ", ".join(found)))
    for gpu in installed:
        facts["libraries.installed." + gpu] = installed[gpu]
    facts["libraries.mismatches"] = sorted(mismatches)
    return facts


def beside(packages):
    """Numbers of the GPU libraries in the distributions beside the framework (`nvidia/*/lib`),
    on LD_LIBRARY_PATH and in the toolkit's own folders, loaded or not: of libcudnn.so.8, `8`."""
    folders = [folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder]
    for pattern in (os.path.join(packages, "nvidia", "*", "lib"), "/usr/local/cuda*/lib64",
                    "/usr/lib/*-linux-gnu"):
        folders += sorted(glob.glob(pattern))
    found = {}
    for folder in folders:
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        for name in names:
            number = re.search(r"\.so\.(\d+(\.\d+)*)\Z", name)
            for gpu, pattern in GPU:
                if number and gpu != "driver" and pattern.match(name):
                    numbers = found.setdefault(gpu, [])
                    if number.group(1) not in numbers:
                        numbers.append(number.group(1))
    return found


def same_release(built, loaded):
    """Whether the first numbers agree; what cannot be read is taken to."""
    numbers = [re.match(r"\d+", one) for one in (built, loaded)]
    return None in numbers or numbers[0].group() == numbers[1].group()


def gpu_version(gpu, path):
    library = opened(path)
    if library is None:
        return None
    number = ctypes.c_int(0)
    if gpu == "cudnn" and hasattr(library, "cudnnGetVersion"):
        library.cudnnGetVersion.restype = ctypes.c_size_t
        value = int(library.cudnnGetVersion())
        # 8.9.7 is 8907, 9.1.0 is 90100.
        step = 10000 if value >= 90000 else 1000
        return "%d.%d.%d" % (value // step, value % step // 100, value % 100)
    call = getattr(library, {"cuda": "cudaRuntimeGetVersion",
                             "driver": "cuDriverGetVersion"}.get(gpu, ""), None)
    if call is not None:
        call.restype = ctypes.c_int
        call.argtypes = [ctypes.POINTER(ctypes.c_int)]
        if call(ctypes.byref(number)) == 0 and number.value:
            return "%d.%d" % (number.value // 1000, number.value % 1000 // 10)
    call = getattr(library, "cublasGetProperty", None) if gpu == "cublas" else None
    if call is not None:
        call.restype = ctypes.c_int
        call.argtypes = [ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
        numbers = []
        for part in range(3):  # MAJOR_VERSION, MINOR_VERSION, PATCH_LEVEL
            if call(part, ctypes.byref(number)) != 0:
                return None
            numbers.append("%d" % number.value)
        return ".".join(numbers)
    return None


def opened(path):
    """A library that is loaded already; None where it is not to be had by its path."""
    try:
        return ctypes.CDLL(path, mode=RTLD_NOLOAD)
    except (OSError, AttributeError):
        return None


# --- ELF ---------------------------------------------------------------------------------------


def dynamic_section(path):
    """{"soname", "needed"} of a shared object; empty where the file is none that can be read."""
    try:
        with open(path, "rb") as stream:
            return read_dynamic(stream)
    except (IOError, OSError, struct.error, ValueError, IndexError):
        return {"soname": "", "needed": []}


def read_dynamic(stream):
    identity = stream.read(16)
    if identity[:4] != b"\x7fELF":
        raise ValueError("not ELF")
    wide = identity[4:5] == b"\x02"
    order = "<" if identity[5:6] == b"\x01" else ">"
    header = struct.unpack(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"),
                           stream.read(48 if wide else 36))
    start, size, count = header[4], header[8], header[9]
    segments = []
    dynamic = None
    for number in range(min(count, 512)):
        stream.seek(start + number * size)
        if wide:
            kind, _, offset, address, _, length = struct.unpack(
                order + "IIQQQQ", stream.read(40))
        else:
            kind, offset, address, _, length = struct.unpack(order + "IIIII", stream.read(20))
        if kind == 1:  # PT_LOAD
            segments.append((address, offset, length))
        elif kind == 2:  # PT_DYNAMIC
            dynamic = (offset, length)
    if dynamic is None:
        raise ValueError("no dynamic section")
    stream.seek(dynamic[0])
    content = stream.read(min(dynamic[1], CHUNK))
    width = 16 if wide else 8
    entries = [struct.unpack_from(order + ("qQ" if wide else "iI"), content, at)
               for at in range(0, len(content) - width + 1, width)]
    known = dict(reversed(entries))
    strings, length = known[5] if 5 in known else None, known.get(10, 0)
    if strings is None:
        raise ValueError("no string table")
    for address, offset, reach_of in segments:
        if address <= strings < address + reach_of:
            stream.seek(offset + strings - address)
            table = stream.read(min(length, 16 * CHUNK))
            break
    else:
        raise ValueError("the string table is not loaded")
    return {
        "soname": string(table, known[14]) if 14 in known else "",
        "needed": [string(table, value) for tag, value in entries if tag == 1]
    }


def string(table, start):
    return text(table[start:table.index(b"\0", start)])[:200]


# --- small things ------------------------------------------------------------------------------


def reach(root, dotted):
    """An attribute by its dotted name, or None where this version does not have it."""
    for name in dotted.split("."):
        root = getattr(root, name, None)
    return root


def text(value):
    return str(value.decode("utf-8", "replace") if str is not bytes and isinstance(
        value, bytes) else value)
