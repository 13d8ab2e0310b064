"""The example's page in a real browser, headless, against the fake endpoint."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from chat_local.fake_endpoint import ANSWER
from tests.examples.serving import KEY, MODEL, TIMEOUT_SECONDS, Chat, Gate, chat, eventually

_SYSTEMS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
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


@pytest.fixture(scope="module")
def impatient() -> Iterator[Chat]:
    with chat(timeout_seconds=TIMEOUT_SECONDS) as running:
        yield running


@contextmanager
def opened(browser: Browser, running: Chat) -> Iterator[Page]:
    """The page; what it complains of in the console fails the test, but for a server that a test breaks."""
    complaints: list[str] = []
    page = browser.new_page()
    page.set_default_timeout(5000)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(running.url)
    expect(page.locator("header")).to_contain_text(MODEL)
    yield page
    page.close()
    assert [each for each in complaints if not each.startswith("Failed to load resource")] == []


def ask(page: Page, question: str) -> None:
    page.get_by_role("textbox", name="Your question").fill(question)
    page.get_by_role("button", name="Send").click()


def test_the_first_words_show_before_the_last_are_made(browser: Browser) -> None:
    gate = Gate(words=3)
    with chat(gate) as running, opened(browser, running) as page:
        ask(page, "hello")
        text = page.locator(".assistant .text")
        expect(text).to_have_text("Nobody thinks here:")
        expect(page.get_by_role("log")).to_have_attribute("aria-busy", "true")
        gate.open()
        expect(page.get_by_role("status")).to_have_text("Done.")
        expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
        assert text.text_content() == ANSWER  # its <b> and <script> as text


def test_stop_keeps_the_words_and_ends_the_models_work(browser: Browser) -> None:
    with chat(Gate(words=3)) as running, opened(browser, running) as page:
        ask(page, "hello")
        expect(page.locator(".assistant .text")).to_have_text("Nobody thinks here:")
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("status")).to_have_text("Stopped.")
        expect(page.locator(".assistant .text")).to_have_text("Nobody thinks here:")
        assert eventually(lambda: running.fake.state.abandoned == 1)
        expect(page.get_by_role("textbox")).to_be_focused()


@pytest.mark.parametrize(
    ("question", "message", "words"),
    [
        ("/401", "refused this service’s key", ""),
        ("/503", r"isn’t running yet.* Try again in 3 minutes, at \d?\d:\d\d", ""),
        ("/429", "too much to do right now.* Try again in 8 seconds", ""),
        ("/timeout", "no answer within 0.3 seconds", ""),
        ("/silent", "fell silent in the middle", "Nobody thinks here: this is"),
        ("/cut", "cut off in the middle", "Nobody thinks here: this is"),
        ("/broken", "cut off in the middle", "Nobody thinks here: this is"),
    ],
)
def test_what_went_wrong_is_said_in_words(
    browser: Browser, impatient: Chat, question: str, message: str, words: str
) -> None:
    with opened(browser, impatient) as page:
        ask(page, question)
        expect(page.get_by_role("alert")).to_have_text(re.compile(message))
        expect(page.get_by_role("button", name="Try again")).to_have_count(0 if question == "/401" else 1)
        assert "".join(page.locator(".assistant .text").all_text_contents()) == words
        assert KEY not in page.content()


def test_a_wait_is_counted_down_and_trying_again_asks_the_same(browser: Browser, impatient: Chat) -> None:
    with opened(browser, impatient) as page:
        ask(page, "/503")
        expect(page.get_by_text("left")).to_have_text(re.compile(r"2:(30|29) left"))
        before = len(impatient.fake.state.requests)
        page.get_by_role("button", name="Try again").click()
        assert eventually(lambda: len(impatient.fake.state.requests) == before + 1)
        assert impatient.fake.state.requests[-1]["messages"] == impatient.fake.state.requests[-2]["messages"]
        expect(page.get_by_role("alert")).to_have_count(1)


def test_a_conversation_alternates_whatever_failed_in_between(browser: Browser, impatient: Chat) -> None:
    with opened(browser, impatient) as page:
        for question in ("first", "/503", "second"):
            ask(page, question)
            expect(page.get_by_role("button", name="Send")).to_be_visible()
        messages = impatient.fake.state.requests[-1]["messages"]
        assert [(each["role"], each["content"]) for each in messages] == [
            ("user", "first"),
            ("assistant", ANSWER),
            ("user", "second"),
        ]
        page.get_by_role("button", name="New chat").click()
        expect(page.locator("article")).to_have_count(0)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('event: words\ndata: {"text": "Half of"}\n\n', "cut off in the middle: the connection to this page’s server"),
        (None, "This page’s own server doesn’t answer"),
    ],
)
def test_a_broken_way_to_the_pages_own_server_is_told_apart(
    browser: Browser, impatient: Chat, body: str | None, message: str
) -> None:
    with opened(browser, impatient) as page:
        if body:
            page.route("**/api/answers", lambda route: route.fulfill(content_type="text/event-stream", body=body))
        else:
            page.route("**/api/answers", lambda route: route.fulfill(status=502))
        ask(page, "hello")
        expect(page.get_by_role("alert")).to_contain_text(message)


def test_the_keyboard_is_enough(browser: Browser, impatient: Chat) -> None:
    with opened(browser, impatient) as page:
        expect(page.get_by_role("textbox", name="Your question")).to_be_focused()
        page.keyboard.type("two")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("lines")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("Done.")
        assert impatient.fake.state.requests[-1]["messages"] == [{"role": "user", "content": "two\nlines"}]
        expect(page.get_by_role("textbox", name="Your question")).to_be_focused()
