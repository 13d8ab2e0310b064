"""A headless Chromium, the system's or Playwright's own, in which a test reads a page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

_SYSTEMS = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = _installed(playwright)
        if path is None:
            pytest.skip("needs a Chromium: the system's, or `.venv/bin/playwright install --with-deps chromium`")
        started = playwright.chromium.launch(executable_path=path)
        yield started
        started.close()


def _installed(playwright: Playwright) -> str | None:
    own = playwright.chromium.executable_path
    return own if Path(own).exists() else next(filter(None, map(shutil.which, _SYSTEMS)), None)
