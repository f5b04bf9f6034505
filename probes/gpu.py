"""Does a GPU really compute here: through the driver alone, and through the framework?

From the driver's file to a convolution, each step with its own answer. The driver is asked with
ctypes and given a kernel as text (PTX), which it compiles itself, so that nothing has to be
installed. Then the framework is asked with soft placement off, and verified against the CPU.
Without a driver nothing is imported: on most hosts this ends at once.

`gpu.outcome` is one of: works; no driver; driver without device; device hidden from the container;
CPU-only framework; framework misses a library; silent fall-back to the CPU; device does not compute.
"""
from __future__ import division

import ctypes
import glob
import os
import re
import sys
import tempfile
import time

PROBE = {
    "question": "Does a GPU compute, through the driver alone and through the framework?",
    "where": "inside",
    "order": 36,
    "timeout_s": 900,
    "frameworks": ["tensorflow"],
    "dataset": "",
    "settings": {},
    "natures": [
        ["gpu.*_seconds", "timing"],
        ["gpu.*_difference", "measured"],
        ["gpu.*.free_bytes", "observed"],
        ["gpu.why", "observed"]
    ],
    "evidence": [
        {"level": "L2", "kind": "computes", "fact": "gpu.outcome"}
    ]
}

WORKS = "works"
NO_DRIVER = "no driver"
NO_DEVICE = "driver without device"
HIDDEN = "device hidden from the container"
CPU_ONLY = "CPU-only framework"
MISSES = "framework misses a library"
FALL_BACK = "silent fall-back to the CPU"
IDLE = "device does not compute"

# PTX version and target, the oldest first: a driver compiles older text for its newer device.
# `.address_size` came with 2.3.
TARGETS = (("2.3", "sm_20"), ("3.0", "sm_30"), ("3.1", "sm_35"), ("4.0", "sm_50"),
           ("5.0", "sm_60"), ("6.0", "sm_70"), ("6.3", "sm_75"), ("7.0", "sm_80"),
           ("7.8", "sm_90"))
COUNT = 65536
BLOCK = 256
FACTOR = 40503
LAUNCHES = 5
KERNEL = """
.version %s
.target %s
.address_size 64

.visible .entry mix(
    .param .u64 source,
    .param .u64 target,
    .param .u32 count
)
{
    .reg .pred %%p<2>;
    .reg .u32 %%r<8>;
    .reg .u64 %%d<8>;

    ld.param.u64 %%d1, [source];
    ld.param.u64 %%d2, [target];
    ld.param.u32 %%r1, [count];
    mov.u32 %%r2, %%ctaid.x;
    mov.u32 %%r3, %%ntid.x;
    mov.u32 %%r4, %%tid.x;
    mad.lo.u32 %%r5, %%r2, %%r3, %%r4;
    setp.ge.u32 %%p1, %%r5, %%r1;
    @%%p1 bra DONE;
    cvta.to.global.u64 %%d3, %%d1;
    cvta.to.global.u64 %%d4, %%d2;
    mul.wide.u32 %%d5, %%r5, 4;
    add.u64 %%d6, %%d3, %%d5;
    add.u64 %%d7, %%d4, %%d5;
    ld.global.u32 %%r6, [%%d6];
    mad.lo.u32 %%r7, %%r6, 40503, %%r5;
    st.global.u32 [%%d7], %%r7;
DONE:
    ret;
}
"""
SIDE = 1024
NEAR = 0.01  # GPUs may multiply with ten bits of mantissa
REPEATS = 5

# What the framework opens by itself for a CUDA release, by the release's first number.
OPENED = {
    "10": ("libcudart.so.10.%(minor)s", "libcublas.so.10", "libcufft.so.10", "libcurand.so.10",
           "libcusolver.so.10", "libcusparse.so.10", "libcudnn.so.%(cudnn)s"),
    "11": ("libcudart.so.11.0", "libcublas.so.11", "libcublasLt.so.11", "libcufft.so.10",
           "libcusolver.so.11", "libcusparse.so.11", "libcudnn.so.%(cudnn)s"),
    "12": ("libcudart.so.12", "libcublas.so.12", "libcublasLt.so.12", "libcufft.so.11",
           "libcusolver.so.11", "libcusparse.so.12", "libcudnn.so.%(cudnn)s")
}

clock = getattr(time, "perf_counter", time.time)


def probe(settings):
    # A kernel from the cache would say nothing of the compiler, and nothing of its time.
    os.environ["CUDA_CACHE_DISABLE"] = "1"
    facts = host()
    facts.update(management())
    outcome, why = driver(facts)
    if outcome is None:
        outcome, why = framework(facts, settings.get("scratch"))
    facts["gpu.outcome"], facts["gpu.why"] = outcome, why
    return facts


# --- what the kernel shows, with no library ----------------------------------------------------


def host():
    """The driver's module in the kernel, the cards it lists, the device files that are here."""
    version = re.search(r"Module\s+(?:for \S+\s+)?(\d+[.\d]+)", read("/proc/driver/nvidia/version"))
    cards = sorted(glob.glob("/proc/driver/nvidia/gpus/*/information"))
    models = [re.search(r"^Model:\s*(.+)$", read(card), re.M) for card in cards]
    return {
        "gpu.kernel_module": version.group(1) if version else None,
        "gpu.cards": [one.group(1).strip() if one else "?" for one in models],
        "gpu.device_files": sorted(glob.glob("/dev/nvidia[0-9]*") + glob.glob("/dev/nvidiactl")
                                   + glob.glob("/dev/nvidia-uvm")),
        "gpu.visible_devices": os.environ.get("CUDA_VISIBLE_DEVICES")
    }


def management():
    """What NVML says; it needs no CUDA."""
    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return {"gpu.nvml.present": False}
    facts = {"gpu.nvml.present": True}
    try:
        status = nvml.nvmlInit_v2()
        facts["gpu.nvml.init"] = status
        if status == 0:
            try:
                facts.update(ask_nvml(nvml))
            finally:
                nvml.nvmlShutdown()
    except AttributeError as error:
        facts["gpu.nvml.lacks"] = str(error)
    return facts


class NvmlMemory(ctypes.Structure):
    _fields_ = [("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong),
                ("used", ctypes.c_ulonglong)]


def ask_nvml(nvml):
    facts = {}
    words = ctypes.create_string_buffer(96)
    if nvml.nvmlSystemGetDriverVersion(words, ctypes.c_uint(80)) == 0:
        facts["gpu.driver_version"] = text(words.value)
    count = ctypes.c_uint(0)
    if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
        return facts
    facts["gpu.nvml.count"] = int(count.value)
    for number in range(count.value):
        key = "gpu.nvml.%d." % number
        handle = ctypes.c_void_p()
        if nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(number), ctypes.byref(handle)) != 0:
            continue
        if nvml.nvmlDeviceGetName(handle, words, ctypes.c_uint(96)) == 0:
            facts[key + "name"] = text(words.value)
        memory = NvmlMemory()
        if nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) == 0:
            facts[key + "memory_bytes"] = int(memory.total)
            facts[key + "free_bytes"] = int(memory.free)
        major, minor = ctypes.c_int(0), ctypes.c_int(0)
        if nvml.nvmlDeviceGetCudaComputeCapability(
                handle, ctypes.byref(major), ctypes.byref(minor)) == 0:
            facts[key + "compute_capability"] = "%d.%d" % (major.value, minor.value)
    return facts


# --- the driver alone --------------------------------------------------------------------------


class CudaError(Exception):
    """A call of the driver that did not return 0."""

    def __init__(self, call, status, name):
        Exception.__init__(self, "%s: %s (%d)" % (call, name, status))
        self.status = status


class Driver(object):
    """libcuda, its functions with their signatures; an error is an exception."""

    SIGNATURES = {
        "cuInit": [ctypes.c_uint],
        "cuDriverGetVersion": [ctypes.POINTER(ctypes.c_int)],
        "cuDeviceGetCount": [ctypes.POINTER(ctypes.c_int)],
        "cuDeviceGet": [ctypes.POINTER(ctypes.c_int), ctypes.c_int],
        "cuDeviceGetName": [ctypes.c_char_p, ctypes.c_int, ctypes.c_int],
        "cuDeviceTotalMem_v2": [ctypes.POINTER(ctypes.c_size_t), ctypes.c_int],
        "cuDeviceGetAttribute": [ctypes.POINTER(ctypes.c_int), ctypes.c_int, ctypes.c_int],
        "cuCtxCreate_v2": [ctypes.POINTER(ctypes.c_void_p), ctypes.c_uint, ctypes.c_int],
        "cuCtxDestroy_v2": [ctypes.c_void_p],
        "cuCtxSynchronize": [],
        "cuModuleLoadDataEx": [ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.c_uint,
                               ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_void_p)],
        "cuModuleUnload": [ctypes.c_void_p],
        "cuModuleGetFunction": [ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p,
                                ctypes.c_char_p],
        "cuMemAlloc_v2": [ctypes.POINTER(ctypes.c_ulonglong), ctypes.c_size_t],
        "cuMemFree_v2": [ctypes.c_ulonglong],
        "cuMemcpyHtoD_v2": [ctypes.c_ulonglong, ctypes.c_void_p, ctypes.c_size_t],
        "cuMemcpyDtoH_v2": [ctypes.c_void_p, ctypes.c_ulonglong, ctypes.c_size_t],
        "cuLaunchKernel": [ctypes.c_void_p] + [ctypes.c_uint] * 7 + [
            ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_void_p)]
    }

    def __init__(self, library):
        self.library = library

    def __call__(self, name, *arguments):
        call = getattr(self.library, name)
        call.restype = ctypes.c_int
        call.argtypes = self.SIGNATURES[name]
        status = call(*arguments)
        if status != 0:
            raise CudaError(name, status, self.error_name(status))

    def error_name(self, status):
        try:
            call = self.library.cuGetErrorName  # CUDA 6.0 and later
        except AttributeError:
            return "error"
        call.restype = ctypes.c_int
        call.argtypes = [ctypes.c_int, ctypes.POINTER(ctypes.c_char_p)]
        name = ctypes.c_char_p()
        call(status, ctypes.byref(name))
        return text(name.value) if name.value else "error"


def driver(facts):
    """(outcome, why) where it ends here, else (None, "")."""
    try:
        library = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        facts["gpu.driver_file"] = None
        if facts["gpu.kernel_module"] or facts["gpu.device_files"]:
            return HIDDEN, "the host has a driver (%s), but libcuda.so.1 is not here" % (
                facts["gpu.kernel_module"] or "device files")
        return NO_DRIVER, text(error)
    facts["gpu.driver_file"] = mapped_path("libcuda.so")
    cuda = Driver(library)
    number = ctypes.c_int(0)
    try:
        cuda("cuDriverGetVersion", ctypes.byref(number))
        facts["gpu.cuda_version"] = "%d.%d" % (number.value // 1000, number.value % 1000 // 10)
        cuda("cuInit", 0)
        facts["gpu.init"] = "CUDA_SUCCESS"
        cuda("cuDeviceGetCount", ctypes.byref(number))
    except CudaError as error:
        facts.setdefault("gpu.init", text(error))
        return without_device(facts, text(error))
    facts["gpu.count"] = number.value
    if not number.value:
        return without_device(facts, "the driver counts no device")
    proved = [prove(cuda, facts, device) for device in range(number.value)]
    failed = [why for why in proved if why]
    return (IDLE, failed[0]) if failed else (None, "")


def without_device(facts, why):
    """A driver that has no device for us: the machine has none, or it is kept from here."""
    if facts["gpu.cards"] or facts["gpu.visible_devices"] in ("", "-1", "NoDevFiles"):
        return HIDDEN, why
    return NO_DEVICE, why


def prove(cuda, facts, device):
    """One device: what it is, and a kernel's answer verified. Why not; empty where it is."""
    key = "gpu.%d." % device
    handle, number = ctypes.c_int(0), ctypes.c_int(0)
    try:
        cuda("cuDeviceGet", ctypes.byref(handle), device)
        name = ctypes.create_string_buffer(256)
        cuda("cuDeviceGetName", name, 255, handle)
        facts[key + "name"] = text(name.value)
        size = ctypes.c_size_t(0)
        cuda("cuDeviceTotalMem_v2", ctypes.byref(size), handle)
        facts[key + "memory_bytes"] = int(size.value)
        capability = []
        for attribute in (75, 76):  # COMPUTE_CAPABILITY_MAJOR, _MINOR
            cuda("cuDeviceGetAttribute", ctypes.byref(number), attribute, handle)
            capability.append(number.value)
        facts[key + "compute_capability"] = "%d.%d" % tuple(capability)
        started = clock()
        context = ctypes.c_void_p()
        cuda("cuCtxCreate_v2", ctypes.byref(context), 0, handle)
        facts[key + "context_seconds"] = clock() - started
    except CudaError as error:
        return "device %d: %s" % (device, error)
    compiled, refused, why = [], [], "no PTX could be compiled"
    try:
        for version, target in TARGETS:
            pair = "%s %s" % (version, target)
            started = clock()
            try:
                module = load(cuda, (KERNEL % (version, target)).encode("ascii"))
            except CudaError as error:
                refused.append("%s: %s" % (pair, error))
                continue
            seconds = clock() - started
            compiled.append(pair)
            if why:
                facts[key + "compile_seconds"] = seconds
                facts[key + "ptx"] = pair
                why = launch(cuda, module, facts, key)
            cuda("cuModuleUnload", module)
    except CudaError as error:
        why = str(error)
    finally:
        facts[key + "ptx_compiled"], facts[key + "ptx_refused"] = compiled, refused
        try:
            cuda("cuCtxDestroy_v2", context)
        except CudaError as error:
            why = why or str(error)
    facts[key + "verified"] = not why
    return "device %d: %s" % (device, why) if why else ""


def load(cuda, ptx):
    """A module compiled by the driver; its own complaint is a part of the error."""
    log = ctypes.create_string_buffer(4096)
    options = (ctypes.c_int * 2)(5, 6)  # JIT_ERROR_LOG_BUFFER, ..._SIZE_BYTES
    values = (ctypes.c_void_p * 2)(ctypes.addressof(log), 4096)
    module = ctypes.c_void_p()
    try:
        cuda("cuModuleLoadDataEx", ctypes.byref(module), ptx, 2, options, values)
    except CudaError as error:
        said = " ".join(text(log.value).split())[:300]
        raise CudaError("cuModuleLoadDataEx", error.status, said or cuda.error_name(error.status))
    return module


def launch(cuda, module, facts, key):
    """Run the kernel and verify every number; why it is wrong, or empty."""
    function = ctypes.c_void_p()
    cuda("cuModuleGetFunction", ctypes.byref(function), module, b"mix")
    numbers = ctypes.c_uint * COUNT
    source, answer = numbers(*range(1, COUNT + 1)), numbers()
    size = ctypes.sizeof(numbers)
    places = []
    try:
        for _ in range(2):
            place = ctypes.c_ulonglong(0)
            cuda("cuMemAlloc_v2", ctypes.byref(place), size)
            places.append(place)
        cuda("cuMemcpyHtoD_v2", places[0], source, size)
        cuda("cuMemcpyHtoD_v2", places[1], answer, size)
        count = ctypes.c_uint(COUNT)
        parameters = (ctypes.c_void_p * 3)(
            ctypes.addressof(places[0]), ctypes.addressof(places[1]), ctypes.addressof(count))
        seconds = []
        for _ in range(1 + LAUNCHES):
            started = clock()
            cuda("cuLaunchKernel", function, COUNT // BLOCK, 1, 1, BLOCK, 1, 1, 0, None,
                 parameters, None)
            cuda("cuCtxSynchronize")
            seconds.append(clock() - started)
        cuda("cuMemcpyDtoH_v2", answer, places[1], size)
    finally:
        for place in places:
            cuda("cuMemFree_v2", place)
    facts[key + "first_launch_seconds"] = seconds[0]
    facts[key + "launch_seconds"] = median(seconds[1:])
    for index in range(COUNT):
        expected = ((index + 1) * FACTOR + index) % 2 ** 32
        if answer[index] != expected:
            return "the kernel's number %d is %d, not %d" % (index, answer[index], expected)
    return ""


# --- the framework -----------------------------------------------------------------------------


def framework(facts, scratch):
    """(outcome, why), on a device that is known to compute."""
    try:
        import tensorflow
    except ImportError as error:
        missing = re.findall(r"(lib[\w.+-]+\.so[\w.+-]*): cannot open", str(error))
        if not missing:
            raise
        facts["gpu.missing_libraries"] = missing
        return MISSES, "its import: %s cannot be opened" % missing[0]
    built = reach(tensorflow, "test.is_built_with_cuda")
    if built is not None:
        facts["gpu.built_with_cuda"] = bool(built())
        if not facts["gpu.built_with_cuda"] and not with_rocm(tensorflow):
            return CPU_ONLY, "it was built without CUDA"
    from tensorflow.python.client import device_lib
    devices, said = listening(device_lib.list_local_devices, scratch)
    kinds = [str(one.device_type) for one in devices]
    facts["gpu.framework_devices"] = kinds
    if "GPU" not in kinds:
        missing = missing_libraries(tensorflow, said)
        facts["gpu.missing_libraries"] = missing
        if missing:
            return MISSES, "it cannot open " + ", ".join(missing)
        return FALL_BACK, "it lists no GPU, and says not why: " + last_words(said)
    return computes(tensorflow, facts)


def with_rocm(tensorflow):
    built = reach(tensorflow, "test.is_built_with_rocm")
    return built is not None and bool(built())


def listening(call, scratch):
    """(what a call returns, what it and its libraries write on standard error)."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile(dir=scratch) as heard:
        os.dup2(heard.fileno(), 2)
        try:
            answer = call()
        finally:
            os.dup2(kept, 2)
            heard.seek(0)
            said = heard.read(262144)
            os.write(kept, said[:65536])
            os.close(kept)
    return answer, text(said)


def missing_libraries(tensorflow, said):
    """What it names itself; later releases do not, so what their build opens is tried."""
    named = re.findall(r"(?:Could not|cannot) (?:load dynamic|dlopen) library '([^']+)'", said)
    if named:
        return sorted(set(named))
    information = reach(tensorflow, "sysconfig.get_build_info")
    built = dict(information()) if information is not None else {}
    major, _, minor = text(built.get("cuda_version") or "").partition(".")
    cudnn = text(built.get("cudnn_version") or "").partition(".")[0]
    places = [os.path.join(folder, "nvidia", "*", "lib") for folder in sys.path if folder]
    missing = []
    for name in OPENED.get(major, ()):
        name = name % {"minor": minor, "cudnn": cudnn or "8"}
        try:
            ctypes.CDLL(name)
        except OSError:
            if not any(glob.glob(os.path.join(place, name)) for place in places):
                missing.append(name)
    return missing


def computes(tensorflow, facts):
    """A matrix product and a convolution on the GPU and on the CPU, and how far they differ."""
    import numpy
    tf = reach(tensorflow, "compat.v1") or tensorflow
    if not hasattr(tf, "Session"):
        tf = tensorflow
    random = numpy.random.RandomState(66478)
    values = {
        "square": random.rand(SIDE, SIDE).astype(numpy.float32) - 0.5,
        "image": random.rand(16, 64, 64, 32).astype(numpy.float32) - 0.5,
        "kernel": random.rand(3, 3, 32, 64).astype(numpy.float32) - 0.5
    }
    options = tf.GPUOptions(allow_growth=True)
    config = tf.ConfigProto(allow_soft_placement=False, gpu_options=options)
    graph = tf.Graph()
    asked = {}
    with graph.as_default():
        for device in ("cpu", "gpu"):
            with tf.device("/%s:0" % device):
                held = dict((name, tf.Variable(value, name="%s_%s" % (device, name)))
                            for name, value in sorted(values.items()))
                asked[device, "matmul"] = tf.matmul(held["square"], held["square"])
                asked[device, "convolution"] = tf.nn.conv2d(
                    held["image"], held["kernel"], strides=[1, 1, 1, 1], padding="SAME")
        initialise = tf.global_variables_initializer()
    answers = {}
    try:
        with tf.Session(graph=graph, config=config) as session:
            session.run(initialise)
            for (device, work), tensor in sorted(asked.items()):
                key = "gpu.framework.%s.%s_" % (work, device)
                started = clock()
                answers[device, work] = session.run(tensor)
                facts[key + "first_seconds"] = clock() - started
                seconds = []
                for _ in range(REPEATS):
                    started = clock()
                    session.run(tensor.op)
                    seconds.append(clock() - started)
                facts[key + "seconds"] = median(seconds)
    except tensorflow.errors.OpError as error:
        return FALL_BACK, "nothing can be placed on the GPU: " + text(error.message)[:500]
    for work in ("matmul", "convolution"):
        exact, found = answers["cpu", work], answers["gpu", work]
        scale = float(numpy.max(numpy.abs(exact))) or 1.0
        difference = float(numpy.max(numpy.abs(found - exact))) / scale
        facts["gpu.framework.%s.relative_difference" % work] = difference
        if not difference <= NEAR:
            return IDLE, "the %s on the GPU differs from the CPU's by %g of its largest" % (
                work, difference)
    return WORKS, "driver and framework computed, and what they computed is right"


# --- small things ------------------------------------------------------------------------------


def mapped_path(name):
    """The path of a library that this process has loaded."""
    found = re.search(r"\s(/\S*/%s\S*)$" % re.escape(name), read("/proc/self/maps", 4194304), re.M)
    return found.group(1) if found else None


def last_words(said):
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:500] if lines else "it is silent"


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2.0


def reach(root, dotted):
    """An attribute by its dotted name, or None where this version does not have it."""
    for name in dotted.split("."):
        root = getattr(root, name, None)
    return root


def read(path, limit=65536):
    try:
        with open(path, "rb") as stream:
            return str(stream.read(limit).decode("ascii", "replace"))
    except (IOError, OSError):
        return ""


def text(value):
    if isinstance(value, bytes) and str is not bytes:
        return value.decode("utf-8", "replace")
    return str(value)
