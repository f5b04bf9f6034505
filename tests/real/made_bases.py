"""Bases of the default suite that a test needs: found on the engine, or made there.

A test must not depend on what other tests or earlier sessions left on the engine.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from docker import APIClient

from harness.engines import Workshop
from harness.engines.oci.bases import ReadyBase, obtain_base
from harness.engines.oci.builder import builder_for
from harness.machine.owner import owner_token
from harness.model import Base
from harness.running.session import places
from harness.suite.matrix import load_suite
from tests.real.suites import ROOT


def newest_base(client: APIClient) -> tuple[str, str]:
    """(image, its interpreter) of the base with the latest Python in the default suite.

    Raises what `obtain_base` raises.
    """
    bases = load_suite(ROOT).bases
    wanted = max(bases, key=lambda base: tuple(int(part) for part in base.python.split(".")))
    ready = obtain(client, wanted)
    return ready.image, ready.interpreter


def obtain(client: APIClient, base: Base) -> ReadyBase:
    """A base, made and kept as by runs on this engine. Raises what `obtain_base` raises."""
    with tempfile.TemporaryDirectory() as logs:
        shop = Workshop(
            cache=places().cache, logs=Path(logs), bases={base.id: base}, owner=owner_token()
        )
        return obtain_base(builder_for(client, shop, base.id, lambda _: None), base)
