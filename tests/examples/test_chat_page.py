"""The example's page in a real browser, headless, against the fake endpoint."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import chat_local
from chat_local.fake_endpoint import ANSWER
from tests.browser import chromium
from tests.conftest import HANGS_SECONDS
from tests.examples.serving import IMPATIENT_SECONDS, KEY, MODEL, NEVER_ENDS, Chat, Gate, chat, eventually

pytestmark = pytest.mark.programs

expect.set_options(timeout=HANGS_SECONDS * 1000)

PAGE_FILES = Path(chat_local.__file__).parents[1] / "chat_app" / "page"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@contextmanager
def opened(browser: Browser, running: Chat) -> Iterator[Page]:
    """The page; errors in its console fail the test, except for a server that a test breaks."""
    complaints: list[str] = []
    page = browser.new_page()
    page.set_default_timeout(HANGS_SECONDS * 1000)
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
        expect(text).to_contain_text("when something goes wrong.")


def test_markdown_is_shown_as_it_is_meant(browser: Browser, impatient: Chat) -> None:
    with opened(browser, impatient) as page:
        ask(page, "hello")
        expect(page.get_by_role("status")).to_have_text("Done.")
        text = page.locator(".assistant .text")
        expect(text.get_by_role("heading", name="What a model writes")).to_be_visible()
        expect(text.locator("strong")).to_have_text("Markdown")
        expect(text.locator("ol > li > ul > li")).to_have_text("and a part of it")
        expect(text.get_by_role("cell", name="8,192 tokens")).to_be_visible()
        assert text.locator("pre code").text_content() == 'print("refund")\n'
        links = text.get_by_role("link").all()
        assert [link.text_content() for link in links] == ["links", "that one"]  # a picture is a link to it
        for link in links:
            assert [link.get_attribute(each) for each in ("target", "rel")] == ["_blank", "noopener noreferrer"]


def test_nothing_that_a_model_says_runs_or_is_fetched(browser: Browser, impatient: Chat) -> None:
    asked_for: list[str] = []
    with opened(browser, impatient) as page:
        page.on("request", lambda request: asked_for.append(request.url))
        ask(page, "hello")
        expect(page.get_by_role("status")).to_have_text("Done.")
        text = page.locator(".assistant .text")
        expect(text).to_contain_text("<b>this isn’t bold</b>, and <script>this does nothing</script>")
        assert text.locator("script, b, img, iframe, [onclick], [href^='javascript']").count() == 0
        assert [url for url in asked_for if not url.startswith(impatient.url)] == []


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "[a](  javascript:alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](vbscript:msgbox)",
    '<https://x.y/"onclick=alert(1)>',
    '[a](https://x.y "\\" onmouseover=alert(1)")',
    "```html\n<script>alert(1)</script>\n```",
    '```"><img/src=x/onerror=alert(1)>\ntext\n```',
    "[a]: javascript:alert(1)\n\n[a]",
    "| <svg/onload=alert(1)> |\n|---|\n| <iframe src=x> |",
]


@pytest.mark.parametrize("said", HOSTILE)
def test_no_markup_gets_past_the_renderer(browser: Browser, impatient: Chat, said: str) -> None:
    with opened(browser, impatient) as page:
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        body = f'event: words\ndata: {json.dumps({"text": said})}\n\nevent: done\ndata: {{"too_long": false}}\n\n'
        page.route("**/api/answers", lambda route: route.fulfill(content_type="text/event-stream", body=body))
        ask(page, "hello")
        expect(page.get_by_role("status")).to_have_text("Done.")
        made = page.locator(".assistant .text *").evaluate_all(
            "all => all.map(each => [each.localName, ...each.getAttributeNames()])"
        )
        allowed = {"a", "p", "pre", "code", "em", "strong", "table", "thead", "tbody", "tr", "th", "td", "br"}
        assert {name for name, *_ in made} <= allowed
        assert {name for _, *names in made for name in names} <= {"href", "title", "target", "rel", "class"}
        links = page.locator(".assistant .text a").evaluate_all("all => all.map(each => each.protocol)")
        assert set(links) <= {"https:"}


def test_the_vendored_library_is_the_library_that_its_page_names() -> None:
    folder = PAGE_FILES / "vendor"
    (named,) = re.findall(r"sha256 `([0-9a-f]{64})`", (folder / "README.md").read_text(encoding="utf-8"))
    assert hashlib.sha256((folder / "markdown-it.js").read_bytes()).hexdigest() == named
    assert (folder / "markdown-it.LICENSE").read_text(encoding="utf-8").count("which is in the same file:") == 5


def test_what_went_wrong_stays_when_the_next_question_is_asked(browser: Browser, impatient: Chat) -> None:
    with opened(browser, impatient) as page:
        for question in ("/503", "/cut", "hello"):
            ask(page, question)
            expect(page.get_by_role("button", name="Send")).to_be_visible()
        past = page.locator(".problem.past .message")
        expect(past).to_have_text([re.compile("isn’t running yet"), re.compile("cut off in the middle")])
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.get_by_role("button", name="Try again")).to_have_count(0)
        order = page.locator("#log > article, #log > .problem").evaluate_all("all => all.map(each => each.className)")
        said = "user problem user assistant problem user assistant"
        assert " ".join(name.split()[0] for name in order) == said


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
        ("/timeout", f"no answer within {IMPATIENT_SECONDS} seconds", ""),
        ("/silent", "fell silent in the middle", "Nobody thinks here: this is"),
        ("/cut", "cut off in the middle", "Nobody thinks here: this is"),
        ("/broken", "cut off in the middle", "Nobody thinks here: this is"),
    ],
)
def test_what_went_wrong_is_said_in_words(
    browser: Browser, impatient: Chat, patient: Chat, question: str, message: str, words: str
) -> None:
    with opened(browser, impatient if question in NEVER_ENDS else patient) as page:
        ask(page, question)
        expect(page.get_by_role("alert")).to_have_text(re.compile(message))
        expect(page.get_by_role("button", name="Try again")).to_have_count(0 if question == "/401" else 1)
        assert "".join(page.locator(".assistant .text").all_inner_texts()) == words
        assert KEY not in page.content()


def test_a_wait_is_counted_down_and_trying_again_asks_the_same(browser: Browser, patient: Chat) -> None:
    with opened(browser, patient) as page:
        ask(page, "/503")
        expect(page.get_by_text("left")).to_have_text(re.compile(r"[012]:\d\d left"))
        before = len(patient.fake.state.requests)
        page.get_by_role("button", name="Try again").click()
        assert eventually(lambda: len(patient.fake.state.requests) == before + 1)
        assert patient.fake.state.requests[-1]["messages"] == patient.fake.state.requests[-2]["messages"]
        expect(page.get_by_role("alert")).to_have_count(1)


def test_a_conversation_alternates_whatever_failed_in_between(browser: Browser, patient: Chat) -> None:
    with opened(browser, patient) as page:
        for question in ("first", "/503", "second"):
            ask(page, question)
            expect(page.get_by_role("button", name="Send")).to_be_visible()
        messages = patient.fake.state.requests[-1]["messages"]
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
def test_a_broken_way_to_the_pages_own_server_is_distinguished(
    browser: Browser, patient: Chat, body: str | None, message: str
) -> None:
    with opened(browser, patient) as page:
        if body:
            page.route("**/api/answers", lambda route: route.fulfill(content_type="text/event-stream", body=body))
        else:
            page.route("**/api/answers", lambda route: route.fulfill(status=502))
        ask(page, "hello")
        expect(page.get_by_role("alert")).to_contain_text(message)


def test_the_keyboard_is_enough(browser: Browser, patient: Chat) -> None:
    with opened(browser, patient) as page:
        expect(page.get_by_role("textbox", name="Your question")).to_be_focused()
        page.keyboard.type("two")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("lines")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("Done.")
        assert patient.fake.state.requests[-1]["messages"] == [{"role": "user", "content": "two\nlines"}]
        expect(page.get_by_role("textbox", name="Your question")).to_be_focused()
