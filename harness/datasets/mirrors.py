"""Download small files from mirrors within one deadline, however slow or silent a server is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

_FIRST_BYTE_S = 3.0
"""How long one mirror may be silent before the next one is tried."""
_SILENCE_S = 4.0
"""How long all of them together may be silent, which bounds the wait if none can be reached."""
_FILE_BYTES = 32 * 1024**2


class Mirrors:
    """Servers with the same files, tried in order. `budget_s` is the time for all files together;
    until the first answer, only four seconds are allowed.

    A mirror that fails once is not tried again. Callers must verify whatever comes back.
    """

    def __init__(self, urls: Iterable[str], *, budget_s: float = 10.0) -> None:
        self._urls = list(urls)
        self._budget_s = budget_s
        self._deadline: float | None = None
        self._answered = False

    def fetch(self, name: str) -> bytes | None:
        """The bytes of `name` from the first mirror that delivers them, or None; never raises.

        A daemon thread does the work, because the time of a host name lookup cannot be limited.
        """
        if self._deadline is None:
            self._deadline = time.monotonic() + self._budget_s
        deadline = self._deadline
        results: list[bytes] = []

        def work() -> None:
            while self._urls and time.monotonic() < deadline:
                try:
                    results.append(_get(self._urls[0] + name, deadline, self._heard))
                except Exception:
                    del self._urls[0]
                else:
                    return

        worker = threading.Thread(target=work, name=f"fetch {name}", daemon=True)
        worker.start()
        left = max(0.0, deadline - time.monotonic())
        worker.join(left if self._answered else min(left, _SILENCE_S))
        if self._answered:
            worker.join(max(0.0, deadline - time.monotonic()))
        return results[0] if results else None

    def _heard(self) -> None:
        self._answered = True


def _get(url: str, deadline: float, heard: Callable[[], object]) -> bytes:
    import urllib.request

    silence = min(_FIRST_BYTE_S, max(0.01, deadline - time.monotonic()))
    with urllib.request.urlopen(url, timeout=silence) as response:
        if response.status != 200:
            raise OSError(f"{url} answered {response.status}")
        heard()
        content = bytearray()
        while chunk := response.read1(65536):
            content += chunk
            if len(content) > _FILE_BYTES:
                raise OSError(f"{url} is larger than {_FILE_BYTES} bytes")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{url} was too slow")
        declared = response.headers.get("Content-Length")
        if declared is not None and declared != str(len(content)):
            raise OSError(f"{url} ended early")
        return bytes(content)
