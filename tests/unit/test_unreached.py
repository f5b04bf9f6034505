"""What a build says of servers that it does not find."""

from __future__ import annotations

import pytest

from harness.engines.oci.dockerfile.unreached import unreached

SAID = [
    "curl: (6) Could not resolve host: files.example.org",
    "fatal: unable to access 'https://files.example.org/x/': Could not resolve host: "
    "files.example.org",
    "wget: unable to resolve host address 'files.example.org'",
    "wget: unable to resolve host address ‘files.example.org’",
    "W: Failed to fetch http://x  Temporary failure resolving 'files.example.org'",
    "urllib3.exceptions.NameResolutionError: Failed to resolve 'files.example.org' ([Errno -3])",
    "HTTPSConnectionPool(host='files.example.org', port=443): Max retries exceeded with url: /x "
    "(Caused by NewConnectionError('Temporary failure in name resolution',))",
    "CondaHTTPError: HTTP 000 CONNECTION FAILED for url <https://files.example.org/pkgs/main>",
]


@pytest.mark.parametrize("line", SAID, ids=range(len(SAID)))
def test_a_server_that_nobody_here_finds_is_named(line: str) -> None:
    asked: list[str] = []

    def nowhere(server: str) -> bool:
        asked.append(server)
        return False

    assert "files.example.org" == unreached(["Step 3/5", line, "exit status 4"], nowhere)
    assert ["files.example.org"] == asked


@pytest.mark.parametrize("line", SAID, ids=range(len(SAID)))
def test_a_server_that_this_host_finds_is_the_builds_own_failure(line: str) -> None:
    assert "" == unreached([line], lambda _server: True)


@pytest.mark.parametrize(
    "line",
    [
        "ERROR: No matching distribution found for tensorflow==1.9.0",
        "E: Unable to locate package python-pip",
        "curl: (22) The requested URL returned error: 404",
        "ssl.SSLError: certificate verify failed: files.example.org",
        "Could not resolve dependencies",
        "",
    ],
)
def test_other_failures_name_no_server(line: str) -> None:
    def never(_server: str) -> bool:
        raise AssertionError("nothing is to be looked up")

    assert "" == unreached([line], never)


def test_the_last_that_was_not_found_counts() -> None:
    lines = [SAID[0], SAID[2].replace("files", "other")]
    assert "other.example.org" == unreached(lines, lambda _server: False)
