"""Whether a framework was built for a GPU, judged by its own shared objects.

Neither the image's tag nor a table of known builds is consulted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.images.inside import Inside, SharedObject
from harness.knowledge import frameworks

CORE = re.compile(r"/(?:site|dist)-packages/[^/]+/(?:python/)?[^/]+\.so[^/]*$")
"""Paths of the framework's core objects, which an import loads. The objects of rarely used parts
lie in deeper folders."""
SITE = re.compile(
    r"^(?P<site>(?P<prefix>.*?)/?lib(?:64)?/python(?P<python>\d(?:\.\d{1,2})?)"
    r"/(?:site|dist)-packages)/(?P<below>.+)$"
)
_CUDA = re.compile(r"^lib(?:cuda|cudart|cublas|cudnn|nvidia-ml)\.so(?:\.|$)")


def own_objects(inside: Inside, framework: str) -> Iterator[SharedObject]:
    """Yield the framework's own shared objects, leaving out packages with a similar name."""
    others = {one.name for one in inside.distributions} - frameworks.packages(framework)
    for one in inside.objects:
        found = SITE.match(one.path)
        top = found["below"].partition("/")[0] if found else ""
        if one.ours and top.replace("_", "-").lower() not in others:
            yield one


def opens_cuda(one: SharedObject) -> bool:
    """Whether an object is linked with a CUDA library, or may open one at run time."""
    return any(_CUDA.match(name) for name in (*one.needed, *one.opened))


def built_for_gpu(inside: Inside | None, framework: str) -> bool | None:
    """Whether the framework's objects need CUDA, open it at run time, or contain GPU code.

    None where there are no such objects, or where a core object could not be read.
    """
    if inside is None or inside.problems or not framework:
        return None
    objects = list(own_objects(inside, framework))
    if any(one.cubin or one.ptx or opens_cuda(one) for one in objects):
        return True
    core = [one for one in objects if CORE.search(f"/{one.path}")]
    unread = any(one.problem or not one.machine for one in core)
    return None if unread or not core else False


def needs_cuda(inside: Inside | None, framework: str) -> bool:
    """Whether importing the framework requires CUDA: one of its core objects is linked with it."""
    objects = own_objects(inside, framework) if inside and framework else ()
    return any(
        CORE.search(f"/{one.path}") and any(_CUDA.match(name) for name in one.needed)
        for one in objects
    )
