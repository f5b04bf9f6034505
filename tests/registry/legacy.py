"""Configurations as those of old images: environment, labels and history of their Dockerfiles."""

from __future__ import annotations

from typing import Any

CUDA_8 = {
    "CUDA_VERSION": "8.0.61",
    "CUDA_PKG_VERSION": "8-0=8.0.61-1",
    "PATH": "/usr/local/nvidia/bin:/usr/local/cuda/bin:/usr/local/sbin:/usr/local/bin:"
    "/usr/sbin:/usr/bin:/sbin:/bin",
    "LD_LIBRARY_PATH": "/usr/local/cuda/extras/CUPTI/lib64:/usr/local/nvidia/lib:"
    "/usr/local/nvidia/lib64",
    "NVIDIA_VISIBLE_DEVICES": "all",
    "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
    "NVIDIA_REQUIRE_CUDA": "cuda>=8.0",
    "LIBRARY_PATH": "/usr/local/cuda/lib64/stubs:",
    "CUDNN_VERSION": "5.1.10",
}
LABELS_8 = {
    "com.nvidia.volumes.needed": "nvidia_driver",
    "com.nvidia.cuda.version": "8.0.61",
    "com.nvidia.cudnn.version": "5.1.10",
    "maintainer": "Craig Citro <craigcitro@google.com>",
}
STEPS_8 = (
    "/bin/sh -c #(nop) ADD file:1d214d2782eaccc743b8d683ccecf2f87f12a0ec in /",
    "/bin/sh -c NVIDIA_GPGKEY_SUM=d1be581509378368edeec8c1eb2958702feedf3bc3d17011adbf24efacce4ab5"
    " &&     apt-key adv --fetch-keys http://developer.download.nvidia.com/compute/cuda/repos/"
    "ubuntu1604/x86_64/7fa2af80.pub",
    "/bin/sh -c #(nop)  ENV CUDA_VERSION=8.0.61",
    "/bin/sh -c apt-get update && apt-get install -y --no-install-recommends build-essential "
    "python3 python3-dev",
    "/bin/sh -c pip3 --no-cache-dir install ipykernel jupyter matplotlib numpy scipy sklearn",
)


def wheel_step(package: str, version: str, python: str = "cp35") -> str:
    """As the Dockerfiles of the time install their wheel."""
    file = f"{package.replace('-', '_')}-{version}-{python}-{python}m-linux_x86_64.whl"
    return f"/bin/sh -c pip3 --no-cache-dir install http://storage.example/linux/gpu/{file}"


def legacy_gpu(**changes: Any) -> dict[str, Any]:
    """As tensorflow/tensorflow:1.2.1-gpu-py3 was made."""
    config: dict[str, Any] = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2017-06-30T17:22:08.372Z",
        "config": {
            "Env": [f"{name}={value}" for name, value in CUDA_8.items()],
            "Labels": LABELS_8,
            "Cmd": ["/run_jupyter.sh", "--allow-root"],
            "ExposedPorts": {"6006/tcp": {}, "8888/tcp": {}},
            "WorkingDir": "/notebooks",
        },
        "history": [
            {"created_by": step} for step in (*STEPS_8, wheel_step("tensorflow-gpu", "1.2.1"))
        ],
        "rootfs": {"type": "layers", "diff_ids": []},
    }
    return config | changes


def cpu_image(version: str, python: str = "3.11", system: str = "22.04") -> dict[str, Any]:
    """As a release of tensorflow/tensorflow for the CPU is made today."""
    return {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-02-18T00:00:00Z",
        "config": {
            "Env": ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"],
            "Labels": {
                "org.opencontainers.image.ref.name": "ubuntu",
                "org.opencontainers.image.version": system,
            },
            "Cmd": ["/bin/bash"],
        },
        "history": [
            {
                "created_by": "|2 TF_PACKAGE=tensorflow-cpu TF_PACKAGE_VERSION="
                f"{version} /bin/sh -c python3 -m pip install --no-cache-dir ${{TF_PACKAGE}}"
            },
        ],
    }
