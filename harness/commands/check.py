"""`harness check`: may this old image be reused, here, and for what? Nothing is pulled or run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from harness.check.host import Host, supposing
from harness.check.manifest import platform_of
from harness.check.page import Page, page_of
from harness.check.reading import read_image
from harness.check.reference import parse_reference
from harness.check.registry import Registry
from harness.check.remembered import Remembered
from harness.check.rules import all_reasons
from harness.check.subject import subject_of
from harness.commands.host import described_host, this_host
from harness.commands.session import places

HERE = "here"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What was asked on the command line."""

    image: str
    host: str = HERE
    """`here`, or a file that `harness host` wrote."""
    gpu: str = ""
    driver: str = ""


def check(asked: Asked) -> Page:
    """The page on an image. Raises UsageError (also where the registry refuses), and
    RegistryUnreachable, WrongContent, UnsafeAddress."""
    reference = parse_reference(asked.image)
    host = _host(asked)
    memory = Remembered(folder=places().cache / "check")
    reading = read_image(Registry(reference=reference), memory, platform_of(host.machine))
    subject = subject_of(reading)
    return page_of(subject, host, all_reasons(subject, host))


def _host(asked: Asked) -> Host:
    found = this_host() if asked.host == HERE else described_host(Path(asked.host))
    host = supposing(found, asked.gpu, asked.driver)
    return replace(host, date=date.today().isoformat())
