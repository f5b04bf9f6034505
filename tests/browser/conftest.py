"""Pages opened in a real Chromium without a network. What it asks for is written down."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.opening import WIDE, Open, Opened

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def chromium(pytestconfig: pytest.Config) -> Iterator[Browser]:
    """The browser. Where there is none the tests are skipped; with `--require-engine` they fail.

    It ends with its module: real images are tested in the same session afterwards, and neither a
    browser nor its event loop may run beside them.
    """
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        why = f"there is no browser here: none of {', '.join(PROGRAMS)}; scripts/setup --tests"
        (pytest.fail if pytestconfig.getoption("--require-engine") else pytest.skip)(why)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--host-resolver-rules=MAP * ~NOTFOUND"]
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens the text of a page from a file. Nothing it asks for leaves the browser."""
    contexts: list[BrowserContext] = []

    def open_(
        text: str,
        *,
        size: tuple[int, int] = WIDE,
        scheme: str = "light",
        script: bool = True,
        at: str = "",
    ) -> Opened:
        file = tmp_path / f"page{len(contexts)}.html"
        file.write_text(text, encoding="utf-8")
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,  # type: ignore[arg-type]
            java_script_enabled=script,
            offline=True,
            reduced_motion="reduce",
        )
        contexts.append(context)
        one = Opened(page=context.new_page())
        own = file.as_uri()
        one.page.on(
            "request",
            lambda request: (
                one.asked.append(request.url) if request.url.partition("#")[0] != own else None
            ),
        )
        one.page.on("pageerror", lambda error: one.said.append(f"error: {error}"))
        one.page.on("console", lambda line: one.said.append(f"console: {line.text}"))

        def dismiss(dialog: object) -> None:
            one.said.append("dialog")
            dialog.dismiss()  # type: ignore[attr-defined]

        one.page.on("dialog", dismiss)
        one.page.goto(f"{own}{at}")
        return one

    yield open_
    for one in contexts:
        one.close()
