"""Which devices does the framework see here, and what was it built for?

Only listing: whether a device computes is another probe's question. TensorFlow 1.0 to 2.21; what
a version cannot tell is left out.
"""
import re
import time

PROBE = {
    "question": "Which devices does the framework see, and what was it built for?",
    "where": "inside",
    "order": 30,
    "timeout_s": 300,
    "frameworks": ["tensorflow"],
    "dataset": "",
    "settings": {},
    "natures": [
        ["devices.*_seconds", "timing"],
        ["devices.*.memory_bytes", "observed"]
    ],
    "evidence": [
        {"level": "L1", "kind": "claimed", "fact": "framework.version"},
        {"level": "L2", "kind": "devices", "fact": "devices.types"}
    ]
}

clock = getattr(time, "perf_counter", time.time)


def probe(settings):
    started = clock()
    import tensorflow
    facts = {
        "framework.name": "tensorflow",
        "framework.version": str(tensorflow.__version__),
        "devices.import_seconds": clock() - started
    }
    facts.update(build(tensorflow))

    from tensorflow.python.client import device_lib
    started = clock()
    devices = device_lib.list_local_devices()
    facts["devices.listing_seconds"] = clock() - started
    facts["devices.types"] = [str(device.device_type) for device in devices]
    for number, device in enumerate(devices):
        key = "devices.%d." % number
        facts[key + "name"] = str(device.name)
        facts[key + "type"] = str(device.device_type)
        facts[key + "memory_bytes"] = int(device.memory_limit)
        description = str(device.physical_device_desc)
        capability = re.search(r"compute capability: ([0-9.]+)", description)
        if capability:
            facts[key + "compute_capability"] = capability.group(1)
        model = re.search(r"name: ([^,]+)", description)
        if model:
            facts[key + "model"] = model.group(1)
    facts.update(physical(tensorflow))
    return facts


def build(tensorflow):
    """What the framework says about how it was made."""
    facts = {}
    for fact, places in (
            ("framework.git_version", ("version.GIT_VERSION", "GIT_VERSION",
                                       "__git_version__")),
            ("framework.compiler", ("version.COMPILER_VERSION", "COMPILER_VERSION",
                                    "__compiler_version__")),
            ("framework.cxx11_abi", ("sysconfig.CXX11_ABI_FLAG", "CXX11_ABI_FLAG",
                                     "__cxx11_abi_flag__")),
            ("framework.built_with_cuda", ("test.is_built_with_cuda",)),
            ("framework.built_with_rocm", ("test.is_built_with_rocm",)),
            ("framework.built_with_xla", ("test.is_built_with_xla",))):
        for place in places:
            value = reach(tensorflow, place)
            if callable(value):
                value = value()
            if value is not None:
                facts[fact] = scalar(value)
                break
    information = reach(tensorflow, "sysconfig.get_build_info")
    if information is not None:
        for name, value in sorted(dict(information()).items()):
            if isinstance(value, (list, tuple)):
                value = [scalar(one) for one in value]
            else:
                value = scalar(value)
            facts["framework.build." + re.sub(r"[^A-Za-z0-9_]", "_", str(name))] = value
    return facts


def physical(tensorflow):
    """Devices as `tf.config` lists them, before any of them is taken into use."""
    listing = (reach(tensorflow, "config.list_physical_devices")
               or reach(tensorflow, "config.experimental.list_physical_devices"))
    if listing is None:
        return {}
    devices = listing()
    facts = {"devices.physical_types": [str(device.device_type) for device in devices]}
    details = reach(tensorflow, "config.experimental.get_device_details")
    for number, device in enumerate(devices):
        key = "devices.physical.%d." % number
        facts[key + "name"] = str(device.name)
        if details is None or device.device_type != "GPU":
            continue
        told = details(device)
        if told.get("device_name"):
            facts[key + "model"] = str(told["device_name"])
        if told.get("compute_capability"):
            facts[key + "compute_capability"] = ".".join(
                str(part) for part in told["compute_capability"])
    return facts


def reach(root, dotted):
    """An attribute by its dotted name, or None where this version does not have it."""
    for name in dotted.split("."):
        root = getattr(root, name, None)
    return root


def scalar(value):
    return value if isinstance(value, (bool, int, float)) else str(value)
