"""Every page, looked at as its readers do: axe in three languages and both schemes, and nine languages on a narrow phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page

from app.i18n.languages import LANGUAGES
from tests.browser.axe import seen_in_the_dark, violations
from tests.browser.fit import double_text, misfits
from tests.browser.seed import make_holder, secrets_of
from tests.browser.served import Live, Watch, new_context, watch


def send_empty(page: Page) -> None:
    """Send the form without its name, past the browser's own checks."""
    page.locator("main form").evaluate("(form) => { form.noValidate = true; form.requestSubmit(); }")
    page.locator("[aria-invalid=true]").first.wait_for()


def unfold(page: Page) -> None:
    """Open the part of the form that is folded away."""
    page.locator("details.needs:not([open]) > summary").click()
    page.locator("[name=tell_door]").wait_for()


@dataclass(frozen=True)
class Look:
    """A page to look at: `{lang}`, `{secret}`, `{mail}` and `{code}` are filled in; `act` is done before looking."""

    path: str
    status: int = 200
    act: Callable[[Page], None] | None = None


LOOKS = [
    Look("/{lang}/"),
    Look("/{lang}/now"),
    Look("/{lang}/events/"),
    Look("/{lang}/events/?q=rujiena"),
    Look("/{lang}/events/?q=nothing-like-it"),
    Look("/{lang}/towns/"),
    Look("/{lang}/towns/kaskinen/"),
    Look("/{lang}/events/kaskinen-today/"),
    Look("/{lang}/events/kaskinen-today/now"),
    Look("/{lang}/events/kaskinen-today/items/7/"),
    Look("/{lang}/events/visit-today/"),
    Look("/{lang}/events/kaskinen-today/subscribe"),
    Look("/{lang}/events/kaskinen-today/print?with=sv"),
    Look("/{lang}/events/visit-today/print?size=large"),
    Look("/{lang}/events/kaskinen-2025-woodenhouse/"),
    Look("/{lang}/events/helsingborg-2025-network/"),
    Look("/{lang}/events/called-off/"),
    Look("/{lang}/events/some-day/"),
    Look("/{lang}/events/long-ago/register"),
    Look("/{lang}/events/kaskinen-today/register"),
    Look("/{lang}/events/kaskinen-today/register", 200, unfold),
    Look("/{lang}/events/kaskinen-today/register", 422, send_empty),
    Look("/{lang}/tickets/{secret}/"),
    Look("/{lang}/tickets/{secret}/cancel"),
    Look("/{lang}/tickets/{secret}/replace"),
    Look("/{lang}/tickets/{secret}/edit"),
    Look("/{lang}/tickets/{secret}/data"),
    Look("/{lang}/tickets/{secret}/erase"),
    Look("/{lang}/confirm/{mail}/"),
    Look("/{lang}/events/kaskinen-today/lost"),
    Look("/{lang}/events/kaskinen-today/lost", 422, send_empty),
    Look("/{lang}/events/kaskinen-today/lost?sent=yes"),
    Look("/{lang}/events/kaskinen-today/erased"),
    Look("/{lang}/tickets/nobody-has-this-one/", 404),
    Look("/T/{code}?lang={lang}"),
    Look("/{lang}/about/"),
    Look("/{lang}/about/accessibility/"),
    Look("/{lang}/about/privacy/"),
    Look("/{lang}/events/no-such-event/", 404),
    Look("/xx/", 404),
    Look("/{lang}/door/"),
    Look("/{lang}/door/enrol"),
]


@pytest.fixture(scope="session")
def holder(live: Live) -> dict[str, str]:
    """The secrets of one ticket."""
    with live.rows():
        return secrets_of(make_holder())


def opened(page: Page, live: Live, watcher: Watch, lang: str, holder: dict[str, str]) -> Iterator[str]:
    """Open each page in turn; gives its address once it stands. What it does wrong meanwhile is kept by `watcher`."""
    for look in LOOKS:
        path = look.path.format(lang=lang, **holder)
        watcher.where, watcher.status = f"{path} ({look.status})", look.status
        answer = page.goto(live.at(path))
        if look.act:
            look.act(page)
        elif answer is None or answer.status != look.status:
            watcher.note(f"answered {answer and answer.status}")
        yield path


# Where axe looks: the width in light and the width in dark, so that every two of language, scheme and width meet.
WIDTHS = {"fi": (320, 390), "lv": (390, 320), "pl": (320, 390)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_are_accessible_and_quiet_and_fit_a_narrow_phone_also_at_double_text(
    browser: Browser, live: Live, holder: dict[str, str], lang: str
):
    light, dark = WIDTHS.get(lang, (320, 320))
    with new_context(browser, lang, "light", light, 640) as context:
        page = context.new_page()
        watcher = watch(page, live)
        for _ in opened(page, live, watcher, lang, holder):
            if lang in WIDTHS:
                watcher.note(*violations(page), *seen_in_the_dark(page, dark))
            page.set_viewport_size({"width": 320, "height": 640})
            watcher.note(*misfits(page))
            double_text(page)
            watcher.note(*(f"at 200 %: {misfit}" for misfit in misfits(page)))
            page.set_viewport_size({"width": light, "height": 640})

    assert watcher.found == [], "\n".join(["", *watcher.found])


def test_header_is_one_line_on_a_narrow_phone(browser: Browser, live: Live):
    heights: dict[str, int] = {}
    with new_context(browser, width=320, height=640) as context:
        page = context.new_page()
        for lang in LANGUAGES:
            page.goto(live.at(f"/{lang}/about/"))
            heights[lang] = page.locator(".top").evaluate("(header) => header.offsetHeight")

    assert {lang: height for lang, height in heights.items() if height > 72} == {}
