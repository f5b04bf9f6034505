"""Images that are broken on purpose at little cost: one more layer on an image of the suite, and
what pip resolves today. Some stay whole, so that a check which always says no does not agree with
all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

BROKEN_SUITE = "tests/real/broken"
WHOLE = "tf1.2.1-py3.6"
"""The cell that most images are made from: it is small, its interpreter is a prefix, and its
distributions are wheels."""
LATER = "tf2.11.1-py3.9"
SEED = 20261120
_SITE = "/opt/python/lib/python3.6/site-packages"
_SITE_LATER = "$(dirname $(find / -xdev -type d -path '*-packages/tensorflow' | head -n1))"
_PATH = "PATH=/opt/python/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CORE = f"{_SITE}/tensorflow/python/_pywrap_tensorflow_internal.so"
_LIBRARIES = "/usr/lib/x86_64-linux-gnu"


@dataclass(frozen=True, kw_only=True)
class Broken:
    """One image."""

    name: str
    cell: str = WHOLE
    """The cell it is made from, of the default suite or of the broken one."""
    lines: tuple[str, ...] = ()
    """Lines of its Dockerfile; if the first is a FROM, `{WHOLE}` stands for the whole image in
    them."""
    path: bool = True
    """Whether its interpreter is put on the PATH first."""
    architecture: str = ""
    """The architecture it claims, if that is not the true one of its layers."""

    @property
    def steps(self) -> tuple[str, ...]:
        """The Dockerfile's lines after its FROM."""
        return (f"ENV {_PATH}", *self.lines) if self.path else self.lines


NAIVE = tuple(
    Broken(name=cell, cell=cell)
    for cell in (
        "naive-1.14.0",
        "naive-2.3.4",
        "naive-2.7.4",
        "naive-2.8.4",
        "gpu-1.14.0-without-cuda",
        "tf1.2.1-gpu-py3.6",
    )
)
"""Unchanged cells: what pip resolves today, and GPU builds without CUDA."""

_FILES = f"/bin/sh {_LIBRARIES}/libc.so.6 /lib64/ld-linux-x86-64.so.2"
MADE = (
    Broken(name="whole"),
    Broken(name="libc-too-old", lines=(f"RUN sed -i s/GLIBC_2\\\\.14/GLIBC_2.99/ {_CORE}",)),
    Broken(
        name="libstdcxx-too-old",
        lines=(f"RUN sed -i s/GLIBCXX_3\\\\.4\\\\.19/GLIBCXX_3.4.99/ {_CORE}",),
    ),
    Broken(name="no-libstdcxx", lines=(f"RUN rm {_LIBRARIES}/libstdc++.so.6*",)),
    Broken(
        name="wrong-architecture",
        lines=(
            "RUN for one in /opt/python/bin/python3.6 /opt/python/bin/python3.6m; do "
            "printf '\\267\\000' | dd of=$one bs=1 seek=18 conv=notrunc; done",
        ),
        architecture="arm64",
    ),
    Broken(name="no-python", lines=("RUN rm /opt/python/bin/python*",)),
    Broken(name="python-not-executable", lines=("RUN chmod a-x /opt/python/bin/python3.6*",)),
    Broken(name="python-off-the-path", path=False),
    Broken(
        name="another-python-first",
        lines=(
            "COPY --from={LATER} /usr/bin/python3.9 /usr/local/bin/python3.9",
            "COPY --from={LATER} /usr/lib/python3.9 /usr/lib/python3.9",
            "COPY --from={LATER} /lib/x86_64-linux-gnu/libexpat.so.1 /usr/local/lib/",
            "RUN ln -s python3.9 /usr/local/bin/python3 && ldconfig",
            "ENV PATH=/usr/local/bin:/opt/python/bin:/usr/bin:/bin",
        ),
    ),
    Broken(
        name="busybox",
        path=False,
        lines=("FROM scratch", f"COPY --from={{WHOLE}} {_FILES} /bin/", "LABEL of=shell"),
    ),
    Broken(name="empty", path=False, lines=("FROM scratch", "LABEL of=nothing")),
    Broken(name="core-missing", lines=(f"RUN rm {_CORE}",)),
    Broken(name="core-cut-off", lines=(f"RUN truncate -s 1000000 {_CORE}",)),
    Broken(name="start-missing", lines=(f"RUN rm {_SITE}/tensorflow/__init__.py",)),
    *(
        Broken(name=f"no-{what}", lines=(f"RUN cd {_SITE} && rm -r {files}",))
        for what, files in (
            ("numpy", "numpy*"),
            ("protobuf", "google protobuf*"),
            ("protobuf-account", "protobuf*"),
            ("six", "six*"),
        )
    ),
    *(
        Broken(name=f"later-no-{folder}", cell=LATER, lines=(f"RUN rm -r {_SITE_LATER}/{folder}*",))
        for folder in ("absl", "wrapt", "gast", "opt_einsum")
    ),
)


def at_random(seed: int = SEED, count: int = 12) -> Iterator[Broken]:
    """Images with one random change, drawn with a seed: a module, a distribution, a system library,
    a variable, or a field of the image's configuration."""
    drawn = random.Random(seed)
    nth = f"sort | sed -n {drawn.randrange(1, 400)}p"
    changes = (
        lambda: f"RUN rm $(find {_SITE}/tensorflow/python -name '*.py' | {nth})",
        lambda: (
            f"RUN rm $(find {_SITE}/numpy/core {_SITE}/numpy/lib -name '*.py' "
            f"! -path '*/tests/*' | sort | sed -n {drawn.randrange(1, 40)}p)"
        ),
        lambda: (
            f"RUN rm $(find {_SITE}/google/protobuf -maxdepth 1 -name '*.py' | sort "
            f"| sed -n {drawn.randrange(1, 15)}p)"
        ),
        lambda: (
            f"RUN truncate -s 100 $(find {_SITE}/numpy -name '*.so' | sort "
            f"| sed -n {drawn.randrange(1, 10)}p)"
        ),
        lambda: (
            f"RUN rm $(find {_LIBRARIES} -maxdepth 1 -name 'lib*.so.*' | sort "
            f"| sed -n {drawn.randrange(1, 80)}p)"
        ),
        lambda: f"RUN rm -r {_SITE}/{drawn.choice(('werkzeug', 'markdown', 'html5lib'))}",
        lambda: f"ENV {drawn.choice(('LANG=C.UTF-8', 'TZ=UTC', 'TF_CPP_MIN_LOG_LEVEL=3'))}",
        lambda: f"ENV PATH={drawn.choice(('/gone', '/usr/bin:/bin', '/opt/python'))}",
        lambda: f"USER {drawn.choice(('nobody', '1000', 'root'))}",
        lambda: "RUN rm -rf /usr/share/doc /usr/share/man",
        lambda: f"RUN find {_SITE} -type d -name tests -prune -exec rm -r {{}} +",
        lambda: "LABEL maintainer=somebody-else",
    )
    for number in range(count):
        yield Broken(name=f"random-{number:02}", lines=(drawn.choice(changes)(),))
