"""Images for injected drifts: one as a team has it, the same with innocent differences, and copies
of that with one change each. All are layers on a cell of the default suite."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CELL, VERSION = "tf1.2.1-py2.7", "1.2.1"
"""The cell that all images are made from, the smallest one, and the release of its framework."""
OTHER = "tf2.21.0-py3.13"
"""A cell with other releases of some packages and libraries, from which they are taken."""
PYTHON = "/usr/bin/python2.7"
SITE = "usr/local/lib/python2.7/dist-packages"
OTHER_SITE = "usr/local/lib/python3.13/dist-packages"
LIBRARIES = "/usr/lib/x86_64-linux-gnu"
NAME = "127.0.0.1:9/injected"
"""Nobody listens on the discard port, so no registry can answer for these images."""
HOUSE = "/opt/house"

_AGENT = f'''"""At each start does what files of {HOUSE} say, or after the import of a module."""
import glob
import sys

waiting = {{}}


class Finder(object):
    def find_module(self, name, path=None):
        return self if name in waiting else None

    def load_module(self, name):
        change = waiting.pop(name)
        __import__(name)
        change(sys.modules[name])
        return sys.modules[name]


def after_import(name, change):
    waiting[name] = change


sys.meta_path.insert(0, Finder())
for file in sorted(glob.glob("{HOUSE}/*.py")):
    with open(file) as stream:
        exec(compile(stream.read(), file, "exec"), {{"after_import": after_import}})
'''


def distribution(
    name: str, version: str, modules: Mapping[str, str], requires: Sequence[str] = ()
) -> dict[str, str]:
    """The files of a package by path, as an installer leaves them."""
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    wanted = "".join(f"Requires-Dist: {one}\n" for one in requires)
    files = {
        **modules,
        f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{wanted}",
        f"{folder}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{folder}/INSTALLER": "pip\n",
    }
    record = f"{folder}/RECORD"
    lines = [f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in files.items()]
    files[record] = "".join((*lines, f"{record},,\n"))
    return {f"{SITE}/{path}": text for path, text in files.items()}


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _tool(name: str, version: str) -> dict[str, str]:
    module = f"{name.replace('-', '_')}/__init__.py"
    return distribution(name, version, {module: f"release = '{version}'\n"})


_KEPT = tuple(
    f"house-{name}"
    for name in ("auth", "cache", "config", "logs", "metrics", "paths", "queue", "tables")
)
_ADDED = tuple(
    f"house-{name}"
    for name in ("alerts", "batch", "crypt", "dates", "forms", "graph", "mail", "units")
)
_PLATFORM = {
    **distribution(
        "house-agent", "1.0", {"house_agent.py": _AGENT, "house_agent.pth": "import house_agent\n"}
    ),
    **{path: text for name in _KEPT for path, text in _tool(name, "1.0").items()},
}


@dataclass(frozen=True, kw_only=True)
class Innocent:
    """A difference that does not matter to this team."""

    told: str
    facts: str = ""
    """A pattern over the facts that it changes; empty if no probe shows it."""
    lines: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


INNOCENT = (
    *(
        Innocent(
            told=f"{name} 1.1 in the place of 1.0",
            facts=f"package.{name}",
            lines=(f"RUN rm -r /{SITE}/{name.replace('-', '_')}*",),
            files=_tool(name, "1.1"),
        )
        for name in _KEPT
    ),
    *(
        Innocent(told=f"{name} 2.0 is there too", facts=f"package.{name}", files=_tool(name, "2.0"))
        for name in _ADDED
    ),
    Innocent(told="so many packages", facts="packages.count"),
    *(
        Innocent(
            told=f"{name} is set",
            facts=f"python.environment.{name}",
            lines=(f"ENV {name}={value}",),
        )
        for name, value in (
            ("TZ", "Europe/Berlin"),
            ("LANG", "C.UTF-8"),
            ("GRPC_VERBOSITY", "ERROR"),
            ("TF_CPP_MIN_LOG_LEVEL", "1"),
        )
    ),
    Innocent(
        told="variables of the pipeline that built it",
        facts="python.environment_names",
        lines=("ENV BUILD_NUMBER=4711 BUILD_URL=https://ci.invalid/4711",),
    ),
    Innocent(
        told="labels", lines=('LABEL org.opencontainers.image.revision="0a1b2c" team=vision',)
    ),
    Innocent(told="another user", lines=("USER 1000",)),
    Innocent(told="another folder to start in", lines=("WORKDIR /srv",)),
    Innocent(told="an entry point", lines=('ENTRYPOINT ["/bin/sh"]',)),
    Innocent(told="a port", lines=("EXPOSE 8888",)),
    Innocent(told="a volume", lines=("VOLUME /data",)),
    Innocent(told="another signal to stop it", lines=("STOPSIGNAL SIGINT",)),
    Innocent(told="a health check", lines=('HEALTHCHECK CMD ["/bin/true"]',)),
    Innocent(told="an account", lines=("RUN echo 'ana:x:1000:1000::/:/bin/sh' >> /etc/passwd",)),
    Innocent(told="no manual pages", lines=("RUN rm -rf /usr/share/man /usr/share/doc",)),
    Innocent(told="other times of files", lines=("RUN find /etc /usr/bin -exec touch -h {} +",)),
    Innocent(told="a log", lines=("RUN head -c 100000 /dev/zero > /var/log/build.log",)),
    Innocent(told="a greeting", files={"etc/motd": "Welcome to the platform of the house.\n"}),
)
"""What every image with a drift has in addition to its drift."""
RULES: tuple[Mapping[str, str], ...] = (
    {"facts": "package.house-*", "rule": "ignore", "reason": "tools of the house"},
    {"facts": "packages.count", "rule": "ignore", "reason": "tools of the house come and go"},
    {
        "facts": "python.environment_names",
        "rule": "allowed",
        "reason": "the pipeline leaves its variables",
    },
    *(
        {
            "facts": one.facts,
            "rule": "allowed",
            "reason": "logs and clocks of the house",
        }
        for one in INNOCENT
        if one.facts.startswith("python.environment.")
    ),
    {"facts": "time_zone.*", "rule": "allowed", "reason": "clocks of the house"},
    {"facts": "locale.*", "rule": "allowed", "reason": "the house writes UTF-8"},
)
"""The suite's rules for those innocent differences that a probe shows."""


def base_image(client: Any, cell: str) -> str:
    """The name of a cell's newest image on the engine. Raises SystemExit if there is none."""
    found = client.images(f"harness-cell/{cell}")
    if not found:
        raise SystemExit(f"there is no image of {cell}: harness run --suite standard --cell {cell}")
    newest = max(found, key=lambda one: int(one["Created"]))
    return str(newest["RepoTags"][0])


def platform(client: Any) -> str:
    """Make the image that all others are compared with; returns its name."""
    return _made(client, "platform", base_image(client, CELL), _PLATFORM)


def innocent(client: Any, of: str) -> str:
    """Make the image with only innocent differences; returns its name."""
    lines = [line for one in INNOCENT for line in one.lines]
    first = [line for line in lines if line.startswith("RUN")]
    files = {path: text for one in INNOCENT for path, text in one.files.items()}
    # As root, before another user is set; things are removed before their replacements are added.
    removed = " && ".join(line.removeprefix("RUN ") for line in first)
    rest = [line for line in lines if not line.startswith("RUN")]
    return _made(client, "innocent", of, files, (f"RUN {removed}",), rest)


def changed(client: Any, name: str, of: str, files: Mapping[str, str], lines: Sequence[str]) -> str:
    """Make an image from another by a change; returns its name. `{OTHER}` in a line stands for the
    other cell."""
    told = [line.replace("{OTHER}", base_image(client, OTHER)) for line in lines]
    return _made(client, name, of, files, ("USER root",), (*told, "USER 1000"))


def _made(
    client: Any,
    name: str,
    of: str,
    files: Mapping[str, str],
    before: Sequence[str] = (),
    behind: Sequence[str] = (),
) -> str:
    copied = ("COPY files /",) if files else ()
    text = "\n".join((f"FROM {of}", *before, *copied, *behind)) + "\n"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in {
            "Dockerfile": text,
            **{f"files/{path}": told for path, told in files.items()},
        }.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content.encode()), 0o644
            archive.addfile(entry, io.BytesIO(content.encode()))
    packed.seek(0)
    tag = f"{NAME}-{name}:1"
    for said in client.build(
        fileobj=packed,
        custom_context=True,
        tag=tag,
        network_mode="none",
        rm=True,
        forcerm=True,
        decode=True,
    ):
        if "error" in said:
            raise SystemExit(f"{name} cannot be made: {said['error']}")
    return tag
