"""Virtual machines: which CPU type the hypervisor gives them, told by the model that it names.

A CPU type hides instruction sets that the processor below it has, so that the remedy lies in the
settings of the virtual machine, not in another image.
"""

from __future__ import annotations

from harness.check.host import TargetHost

_TYPES = (
    ("Common KVM processor", "kvm64"),
    ("Common 32bit KVM processor", "kvm32"),
    ("Common 32-bit KVM processor", "kvm32"),
    ("QEMU Virtual CPU version", "qemu64, or one that is made from it"),
    ("Intel Celeron_4x0 (Conroe", "Conroe"),
    ("Intel Core 2 Duo P9xxx (Penryn", "Penryn"),
    ("Intel Core i7 9xx (Nehalem", "Nehalem"),
    ("Westmere E56xx", "Westmere"),
)
"""Beginning of the model -> QEMU's name of the type, for those without AVX. Read with CPUID under
QEMU 7.2.22 (kvm64, qemu64, Conroe, Penryn, Nehalem, Westmere); kvm32 is general knowledge."""


def cpu_type(host: TargetHost) -> str:
    """What the hypervisor calls the CPU it shows; empty where its model does not tell."""
    return next((name for model, name in _TYPES if host.cpu.startswith(model)), "")


def is_virtual(host: TargetHost) -> bool:
    """Whether the CPU is one that a hypervisor shows: it says so, or it is known by its model."""
    return host.virtual or bool(cpu_type(host))
