"""Languages in addresses: a contract. What is printed and shared must lead somewhere for ever."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from app.i18n.languages import ENDONYMS, LANGUAGES
from tests import html
from tests.conftest import HOST
from tests.factories import make_event, make_place

PRIVATE = ("private, no-store", "Accept-Language, Cookie")


def ask(client, path, method="GET", **headers):
    return client.open(path, method=method, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/", "/fi/"),
        ("/events/", "/fi/events/"),
        ("/events", "/fi/events/"),
        ("/events/?q=kiel&town=", "/fi/events/?q=kiel&town="),
        ("/events/?q=%C3%A5%20%26", "/fi/events/?q=%C3%A5%20%26"),
        ("/events/any-slug/", "/fi/events/any-slug/"),
        ("/events/any-slug/now", "/fi/events/any-slug/now"),
        ("/events/any-slug/items/7/", "/fi/events/any-slug/items/7/"),
        ("/events/any-slug/agenda.ics", "/fi/events/any-slug/agenda.ics"),
        ("/towns/", "/fi/towns/"),
        ("/towns/kiel/", "/fi/towns/kiel/"),
        ("/about/privacy/", "/fi/about/privacy/"),
        ("/now", "/fi/now"),
    ],
)
def test_address_without_language_leads_to_the_readers(client, path, target):
    answer = ask(client, path, Accept_Language="fi-FI,sv;q=0.5")
    assert (answer.status_code, answer.headers["Location"]) == (302, target)
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == PRIVATE


@pytest.mark.parametrize(
    ("cookie", "header", "expected"),
    [
        ("lv", "fi", "lv"),
        ("xx", "fi", "fi"),
        ("../fi", "pl", "pl"),
        ("", "de-CH,en;q=0.5", "de"),
        ("", "fr", "en"),
        ("", "fi;q=0,sv;q=0.2", "sv"),
        ("", "*", "en"),
        ("", "fr," * 4_000, "en"),
    ],
)
def test_saved_choice_comes_before_accept_language(client, cookie, header, expected):
    client.set_cookie("lang", cookie)
    answer = ask(client, "/", Accept_Language=header)
    assert answer.headers["Location"] == f"/{expected}/"


@pytest.mark.parametrize(
    ("header", "expected"), [("pl", "pl"), ("fr", "sv"), ("", "sv")]
)  # fmt: skip
def test_short_address_falls_back_to_the_events_own_language(client, app, header, expected):
    with app.app_context():
        make_event("kasko", {"sv": "Fest"}, source_lang="sv")
    answer = ask(client, "/e/kasko?from=poster", Accept_Language=header)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/{expected}/events/kasko/?from=poster")
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == PRIVATE


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/se", "/sv/"),
        ("/se/", "/sv/"),
        ("/ee/events/", "/et/events/"),
        ("/dk/towns/kiel/?a=1&b=", "/da/towns/kiel/?a=1&b="),
        ("/SE/events/", "/sv/events/"),
        ("/FI/events/?q=x", "/fi/events/?q=x"),
        ("/se//evil.example/", "/sv//evil.example/"),
    ],
)
def test_country_codes_and_capitals_move_for_good(client, path, target):
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (301, target)


@pytest.mark.parametrize("path", ["/fr/", "/fr/events/", "/xx", "/pt-BR/events/", "/en-GB/", "/ru/events/kaskinen-today/"])
def test_unknown_language_is_answered_in_english_with_the_nine_links(client, path):
    answer = ask(client, path, Accept_Language="fi")
    page = answer.get_data(as_text=True)
    assert (answer.status_code, answer.headers["Content-Language"], answer.headers["Cache-Control"]) == (404, "en", "no-store")
    assert '<html lang="en">' in page
    assert html.links(page, "main a") == [f"/{lang}/" for lang in ENDONYMS]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "path", ["events/no-such-event/", "towns/no-such-town/", "nothing", "about/nothing/", "events/no-such-event/now"]
)
def test_unknown_slug_is_not_found_in_the_pages_language(client, lang, path):
    answer = client.get(f"/{lang}/{path}")
    page = answer.get_data(as_text=True)
    assert (answer.status_code, answer.headers["Content-Language"], answer.headers["Cache-Control"]) == (404, lang, "no-store")
    assert f'<html lang="{lang}">' in page
    assert f'href="/{lang}/"' in page


ODD = [
    ("/%00", 400), ("/fi/%00", 400), ("/fi/towns/ki%00el/", 400), ("/fi/%0d%0aSet-Cookie:x/", 400), ("/se/%0d%0aX:y", 400),
    ("/%ff%fe", 404), ("/fi/towns/%ff/", 404), ("/fi/towns/%F0%9F%92%A9/", 404), ("/fi/towns/..%2f..%2fetc/", 404),
    ("/fi/" + "a" * 5_000, 404), ("/" + "a/" * 2_000, 404), ("/%5Cevil.example", 404), ("/%2F%2Fevil.example", 404),
    ("/fi//events/", 404), ("/e/", 404), ("/e/%27--", 404), ("/fi/events/x/items/99999999999999999999/", 404),
    ("/fi/events/x/items/-1/", 404), ("/%E2%80%AE/", 404), ("/static/0/none.css", 404), ("/favicon.ico", 404),
]  # fmt: skip


@pytest.mark.parametrize(("path", "status"), ODD, ids=[path[:30] for path, _ in ODD])
def test_odd_addresses_are_refused_in_words(client, path, status):
    answer = ask(client, path, Accept_Language="fi")
    assert answer.status_code == status
    assert answer.headers["Content-Language"] == "fi"
    assert "<h1>" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=%ff%fe", "q=" + "x" * 20_000, "q=a&" * 3_000, "q=%25%5F%5C'\"", "q=%F0%9F%92%A9", "q=\u202e", "q[]=1", "&&&=", "=", "q=%E0%B8",
     "q=+++", "q=%CC%81", "country=%00&kind=%00&town=%00", "kind=" + "k" * 500, "country=ZZ", "page=-1"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/lv/events/", "/lv/towns/", "/lv/", "/lv/about/"])
def test_odd_queries_are_answered_with_a_page(client, path, query):
    answer = client.get(f"{path}?{query}")
    assert (answer.status_code, answer.headers["Content-Language"]) == (200, "lv")
    assert len(answer.get_data()) < 30_000


@pytest.mark.parametrize(
    "path", ["//evil.example/", "//evil.example", "///evil.example/events/", "/\\evil.example", "/%5c%5cevil.example/", "/events//evil.example/",
             "/se/https://evil.example/", "/e//evil.example", "/events/?next=//evil.example", "/https:/evil.example/"],
)  # fmt: skip
def test_no_address_leads_to_another_host(client, path):
    for _ in range(4):
        name, _, query = path.partition("?")
        sent = {"PATH_INFO": unquote(name, "latin-1"), "REQUEST_URI": path, "QUERY_STRING": query, "HTTP_HOST": HOST}
        answer = client.get("/", headers={"Accept-Language": "fi"}, environ_overrides=sent | {"wsgi.url_scheme": "https"})
        target = answer.headers.get("Location")
        if target is None:
            break
        assert re.match(rf"https://{HOST}/|/(?![/\\])", target)
        path = target.removeprefix(f"https://{HOST}")
    assert answer.status_code < 500


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/fi/events/", "POST", 405), ("/fi/towns/kiel/", "DELETE", 405), ("/fi/nothing", "POST", 404), ("/nothing", "PUT", 404),
        ("/events/", "POST", 405), ("/fi/events/", "BREW", 405), ("/", "POST", 405),
    ],
)  # fmt: skip
def test_other_methods_are_refused_in_the_pages_language(client, path, method, status):
    answer = ask(client, path, method, Sec_Fetch_Site="same-origin", Accept_Language="fi")
    assert (answer.status_code, answer.headers["Content-Language"]) == (status, "fi")
    if status == 405:
        assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/fi/", "/fi/now", "/fi/events/", "/fi/towns/", "/fi/about/"])
def test_head_says_what_get_says_without_a_body(client, path):
    get, head = client.get(path), client.head(path)
    assert (head.status_code, head.get_data(), head.headers["ETag"]) == (200, b"", get.headers["ETag"])


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "pearls.test.evil.example",
        "a b",
        "[::1",
        "xn--\x7f",
        "pearls.test:99999999",
        "",
        "@",
        "pearls.test@evil.example",
    ],
)
@pytest.mark.parametrize("path", ["/fi/events/", "/fi/nothing", "/", "/fr/", "/e/x"])
def test_foreign_host_is_refused_in_words(client, host, path):
    answer = client.get(path, environ_overrides={"HTTP_HOST": host})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (400, "no-store")
    page = answer.get_data(as_text=True)
    assert f"https://{HOST}" in page
    assert "evil" not in page


def test_foreign_host_is_refused_to_programs_as_a_problem(client):
    answer = client.get("/api/v1/scans", environ_overrides={"HTTP_HOST": "evil.example"})
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")


def test_unknown_api_address_is_a_problem_not_a_page(client):
    answer = client.get("/api/v1/nothing")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def switch(page):
    """The addresses in the language switch: language -> href."""
    return {link.get("hreflang"): link.get("href") for link in html.every(page, "[data-languages] a[hreflang]")}


@pytest.mark.parametrize(
    ("path", "same"),
    [
        ("/fi/", "/"),
        ("/fi/events/?q=kask%C3%B6&town=kaskinen", "/events/?town=kaskinen&q=kask%C3%B6"),
        ("/fi/towns/kaskinen/", "/towns/kaskinen/"),
        ("/fi/about/privacy/", "/about/privacy/"),
        ("/fi/events/fest/", "/events/fest/"),
    ],
)
def test_switch_leads_to_this_very_page_in_every_language(client, app, path, same):
    with app.app_context():
        make_event("fest", place=make_place())
    links = switch(client.get(path).get_data(as_text=True))
    assert links == {code: f"/{code}{same}" for code in LANGUAGES}
    assert [client.get(link).status_code for link in links.values()] == [200] * 9


def test_switch_does_not_repeat_a_query_that_the_page_does_not_know(client):
    """A page is the same bytes for everybody: one reader's tracking code must not stand in another's links."""
    first = client.get("/fi/events/?fbclid=secret&q=kiel").get_data(as_text=True)
    assert "secret" not in first
    assert client.get("/fi/events/?q=kiel").get_data(as_text=True) == first


@pytest.mark.parametrize("path", ["/fi/nothing", "/fi/towns/nothing/", "/fr/"])
def test_switch_works_on_error_pages(client, path):
    assert switch(client.get(path).get_data(as_text=True)) == {code: f"/{code}/" for code in LANGUAGES}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_name_their_language_and_the_other_eight(client, lang):
    answer = client.get(f"/{lang}/towns/")
    page = answer.get_data(as_text=True)
    assert answer.headers["Content-Language"] == lang
    assert f'<html lang="{lang}">' in page
    alternates = {link.get("hreflang"): link.get("href") for link in html.every(page, "link[rel=alternate][hreflang]")}
    assert alternates == {code: f"https://{HOST}/{code}/towns/" for code in LANGUAGES} | {"x-default": f"https://{HOST}/towns/"}
    assert f'<a href="/{lang}/towns/" hreflang="{lang}" lang="{lang}"' in page


@pytest.mark.parametrize("path", ["/fi/", "/fi/events/", "/fi/towns/", "/fi/about/"])
def test_public_pages_set_no_cookie_and_do_not_depend_on_one(client, path):
    plain = client.get(path)
    client.set_cookie("lang", "pl")
    again = client.get(path, headers={"Accept-Language": "lv"})
    assert again.get_data() == plain.get_data()
    assert "Set-Cookie" not in again.headers
    assert (again.headers["Cache-Control"], again.headers["Vary"]) == ("public, no-cache", "Accept-Encoding")
