"""Credentials from Docker's configuration and its credential helpers.

Errors are reported without quoting the text that caused them, since it may contain a password.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.images.secret import Credentials, Secret
from harness.images.untrusted import Unreadable, mapping, parse, text
from harness.knowledge.library import default_registry
from harness.text import clean_line

HELPER_PATIENCE_S = 10.0
_CONFIG_LIMIT = 1024**2
_ANSWER_LIMIT = 64 * 1024
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}")
_IDENTITY = "<token>"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The result of looking up credentials; without any, the registry is asked anonymously."""

    credentials: Credentials | None = None
    notice: str = ""
    """Why there are no credentials although the configuration mentions the registry."""


def find_credentials(
    registry: str,
    environment: Mapping[str, str] | None = None,
    patience_s: float = HELPER_PATIENCE_S,
) -> Found:
    """Look up Docker's credentials for a registry, by its name in image names. Never raises."""
    environment = os.environ if environment is None else environment
    path = _config_path(environment)
    try:
        with path.open("rb") as stream:
            tree = parse(stream.read(_CONFIG_LIMIT + 1), _CONFIG_LIMIT)
    except FileNotFoundError:
        return Found()
    except (OSError, Unreadable):
        return Found(notice=f"{path} cannot be read: going on without credentials")
    keys = _keys(registry)
    helpers = mapping(tree.get("credHelpers"))
    helper = next((text(helpers[key]) for key in keys if key in helpers), "")
    if helper := helper or text(tree.get("credsStore")):
        found = _ask(helper, keys[0], environment, patience_s)
        if found.credentials or found.notice:
            return found
    entries = mapping(tree.get("auths"))
    return next((_entry(mapping(entries[key])) for key in keys if key in entries), Found())


def _config_path(environment: Mapping[str, str]) -> Path:
    named = environment.get("DOCKER_CONFIG", "")
    folder = Path(named) if named else Path(environment.get("HOME", "/nonexistent")) / ".docker"
    return folder / "config.json"


def _keys(registry: str) -> tuple[str, ...]:
    """The keys under which Docker may store a registry, the usual one first."""
    default = default_registry()
    if registry == default.name:
        return (default.credentials, default.name, *default.aliases)
    return (registry, f"https://{registry}", f"https://{registry}/v2/", f"https://{registry}/v1/")


def _entry(row: Mapping[str, object]) -> Found:
    """Credentials from an entry of `auths` in the configuration: a token, base64 of
    user:password, or user and password apart."""
    if token := text(row.get("identitytoken")):
        return Found(credentials=Credentials(password=Secret(token), identity=True))
    user, password = text(row.get("username")), text(row.get("password"))
    if encoded := text(row.get("auth")):
        try:
            decoded = base64.b64decode(encoded, validate=True).decode("utf-8").rstrip("\0")
        except ValueError:
            return Found(notice="Docker's configuration has credentials that cannot be read")
        user, _, password = decoded.partition(":")
    if not password:
        return Found()
    return Found(credentials=Credentials(user=user, password=Secret(password)))


def _ask(helper: str, key: str, environment: Mapping[str, str], patience_s: float) -> Found:
    name = clean_line(f"docker-credential-{helper}", 60)
    without = "going on without credentials"
    if not _HELPER.fullmatch(helper):
        return Found(notice=f"Docker's configuration names no valid helper: {name!r}; {without}")
    try:
        done = subprocess.run(
            [f"docker-credential-{helper}", "get"],
            input=key.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=patience_s,
            check=False,
            env=dict(environment),
        )
    except subprocess.TimeoutExpired:
        return Found(notice=f"{name} did not answer within {patience_s:g} s: {without}")
    except OSError as error:
        why = "is not installed" if isinstance(error, FileNotFoundError) else "cannot be started"
        return Found(notice=f"{name} {why}: {without}")
    answer = done.stdout[: _ANSWER_LIMIT + 1]
    if done.returncode:
        absent = b"credentials not found" in answer
        return Found(notice="" if absent else f"{name} failed: {without}")
    try:
        row = mapping(json.loads(answer)) if len(answer) <= _ANSWER_LIMIT else {}
    except (ValueError, RecursionError):
        row = {}
    user, password = text(row.get("Username")), text(row.get("Secret"))
    if not password:
        return Found(notice=f"{name} gave nothing that can be read: {without}")
    identity = user == _IDENTITY
    return Found(credentials=Credentials(user=user, password=Secret(password), identity=identity))
