"""Our embed pages on a foreign site with a strict policy of its own; and that nothing else of ours opens there."""

from __future__ import annotations

import html
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect

from tests.browser.axe import violations_in_both_schemes
from tests.browser.fit import double_text, misfits
from tests.browser.served import Live, new_context, watch

EVENT, TOWN = "/{lang}/events/kaskinen-today/embed", "/{lang}/towns/kaskinen/embed"
EMBEDS = [
    EVENT, TOWN, "/{lang}/events/called-off/embed", "/{lang}/events/some-day/embed", "/{lang}/events/kaskinen-2025-woodenhouse/embed",
    "/{lang}/events/visit-today/embed", "/{lang}/towns/rujiena/embed",
]  # fmt: skip


@dataclass
class Foreign:
    """A municipality's own site: it shows `body`, and its policy lets frames of ours in and nothing else."""

    url: str
    policy: str
    body: str = ""
    seen: list[str] = field(default_factory=list)

    def open(self, page: Page, body: str) -> list[Frame]:
        """Show `body` on the foreign site; returns the frames that stand in it. Console messages go to `seen`."""
        self.body, self.seen = body, []
        page.on("console", lambda message: self.seen.append(message.text))
        page.goto(self.url, wait_until="networkidle")
        return page.main_frame.child_frames


@pytest.fixture
def foreign(live: Live) -> Iterator[Foreign]:
    """The foreign site, on another host name and port."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"<!doctype html><html lang=en><title>Town hall</title><h1>Town hall</h1>{site.body}".encode()
            self.send_response(200 if self.path == "/" else 204)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", site.policy)
            self.send_header("Cross-Origin-Resource-Policy", "same-origin")
            self.end_headers()
            if self.path == "/":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    site = Foreign(f"http://localhost:{server.server_port}/", f"default-src 'none'; frame-src {live.url}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


def line_on(page: Page, live: Live, path: str) -> str:
    """The line that one of our pages offers."""
    page.goto(live.at(path))
    return page.locator("#embed-line").input_value()


@pytest.mark.parametrize("path", ["/fi/events/kaskinen-today/", "/fi/towns/kaskinen/"])
def test_offered_line_works_on_a_foreign_site(live: Live, context: BrowserContext, foreign: Foreign, path: str):
    page = context.new_page()
    (frame,) = foreign.open(page, line_on(page, live, path))

    assert frame.url == live.at(f"{path}embed")
    expect(frame.locator("h1")).to_contain_text("Kaskinen")
    assert frame.evaluate("() => getComputedStyle(document.querySelector('.btn')).borderRadius") != "0px"
    assert foreign.seen == []


@pytest.mark.parametrize("path", ["/en/", "/en/events/kaskinen-today/", "/en/towns/kaskinen/", "/en/door/", "/en/events/x/embed"])
def test_no_other_page_of_ours_can_be_framed(live: Live, context: BrowserContext, foreign: Foreign, path: str):
    page = context.new_page()
    (frame,) = foreign.open(page, f'<iframe src="{live.at(path)}"></iframe>')

    assert frame.url.startswith("chrome-error:")
    assert any("frame-ancestors" in said for said in foreign.seen)


def test_embed_works_in_a_sandbox_and_its_links_leave_it(live: Live, context: BrowserContext, foreign: Foreign):
    page = context.new_page()
    allowed = "allow-popups allow-popups-to-escape-sandbox"
    (frame,) = foreign.open(page, f'<iframe src="{live.at(EVENT.format(lang="en"))}" sandbox="{allowed}"></iframe>')
    assert frame.evaluate("() => getComputedStyle(document.querySelector('.btn')).borderRadius") != "0px"
    with context.expect_page() as opened:
        frame.get_by_role("link", name="Open the whole agenda").click()

    expect(opened.value).to_have_url(live.at("/en/events/kaskinen-today/"))
    assert opened.value.evaluate("() => window.opener") is None
    assert (page.url, foreign.seen) == (foreign.url, [])


@pytest.mark.parametrize("lang", ["fi", "lv", "pl"])
def test_embeds_are_accessible_narrow_and_quiet(browser: Browser, live: Live, lang: str):
    for width in (280, 600):
        with new_context(browser, lang, width=width, height=480) as context:
            page = context.new_page()
            watcher = watch(page, live)
            for path in EMBEDS:
                watcher.where = f"{width} {path}"
                page.goto(live.at(path.format(lang=lang)))
                watcher.note(*violations_in_both_schemes(page), *misfits(page))
                double_text(page)
                watcher.note(*(f"at 200 %: {misfit}" for misfit in misfits(page)))

        assert watcher.found == [], "\n".join(["", *watcher.found])


@pytest.mark.parametrize(("scheme", "theme", "dark"), [("light", "dark", True), ("dark", "light", False), ("dark", "", True)])
def test_theme_in_the_address_wins(browser: Browser, live: Live, scheme: str, theme: str, dark: bool):
    with new_context(browser, scheme=scheme) as context:
        page = context.new_page()
        page.goto(live.at(EVENT.format(lang="en")) + (f"?theme={theme}" if theme else ""))
        ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")

    assert (ground == "rgb(8, 21, 32)") == dark


def test_embed_is_small_on_the_wire(live: Live, context: BrowserContext):
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(live.at(EVENT.format(lang="lv")), wait_until="networkidle")

    assert (sum(sizes) <= 16_000, len(sizes) <= 3) == (True, True), sizes


def test_line_is_copied_at_a_press(browser: Browser, live: Live):
    with new_context(browser, permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        watcher = watch(page, live)
        line = line_on(page, live, "/en/events/kaskinen-today/")
        page.get_by_text("Show this on your site").click()
        page.get_by_role("button", name="Copy the line").click()

        expect(page.get_by_text("The line was copied.")).to_be_visible()
        assert page.evaluate("() => navigator.clipboard.readText()") == line
        assert html.unescape(line) == line
        assert watcher.found == []


def test_line_can_be_taken_without_scripts(browser: Browser, live: Live):
    with new_context(browser, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(live.at("/en/events/kaskinen-today/"))
        page.get_by_text("Show this on your site").click()

        expect(page.get_by_label("Line to paste")).to_be_visible()
        expect(page.get_by_role("button", name="Copy the line")).to_be_hidden()
