"""Virtual machines: which CPU type the hypervisor emulates, recognised by the CPU's model name.

A CPU type hides instruction sets that the real processor has. The remedy is then a setting of the
virtual machine, not another image.
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
"""Beginning of the model name -> QEMU's name of the CPU type, for types without AVX. Read with
CPUID under QEMU 7.2.22 (kvm64, qemu64, Conroe, Penryn, Nehalem, Westmere); kvm32 is general
knowledge."""


def cpu_type(host: TargetHost) -> str:
    """The hypervisor's name of the CPU type; empty where the model name does not tell."""
    return next((name for model, name in _TYPES if host.cpu.startswith(model)), "")


def is_virtual(host: TargetHost) -> bool:
    """Whether the host is a virtual machine, by its CPU flags or its CPU's model name."""
    return host.virtual or bool(cpu_type(host))
