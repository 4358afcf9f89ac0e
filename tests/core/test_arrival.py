"""How requests are put in order before the app reads them: hosts as names are read, visitors by what our proxies wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import config
from app.audit.limits import network_of
from app.core.arrival import plain_host
from tests.conftest import HOST, SECRET
from tests.core.test_proxies import seen


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("PEARLS.example", "pearls.example"),
        ("pearls.example.", "pearls.example"),
        ("Pearls.Example.:8443", "pearls.example:8443"),
        ("[2001:DB8::1]:443", "[2001:db8::1]:443"),
        ("", ""),
        (".", ""),
    ],
)
def test_hosts_are_read_as_names_are(given: str, meant: str) -> None:
    assert plain_host(given) == meant


@pytest.mark.parametrize("host", [HOST, HOST.upper(), f"{HOST}.", f"{HOST}:443", f"{HOST.title()}.:443"])
def test_every_spelling_of_our_host_is_ours(app: Flask, host: str) -> None:
    answer = app.test_client().get("/healthz", headers={"Host": host}, environ_base={"wsgi.url_scheme": "https"})

    assert answer.status_code == 200


@pytest.mark.parametrize("host", ["evil.test", f"{HOST}..", f".{HOST}", f"{HOST}.evil.test", f"evil.test#{HOST}"])
def test_other_hosts_stay_foreign(app: Flask, host: str) -> None:
    answer = app.test_client().get("/healthz", headers={"Host": host}, environ_base={"wsgi.url_scheme": "https"})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("given", "meant"),
    [("https://PEARLS.Example", "https://pearls.example"), ("https://pearls.example:443/", "https://pearls.example")],
)
def test_the_public_address_is_kept_as_browsers_send_it(tmp_path: Path, given: str, meant: str) -> None:
    names = {"SECRET_KEY": SECRET, "PUBLIC_BASE_URL": given, "TRUSTED_HOSTS": "Pearls.Example., other.example"}
    settings = config.load(names, tmp_path / "none.env")

    assert (settings.public_base_url, settings.own_origins) == (meant, {meant})
    assert settings.trusted_hosts == ("pearls.example", "other.example")


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ('"unclosed, 198.51.100.7', "198.51.100.7"),
        ('a "quoted, list", 198.51.100.7', "198.51.100.7"),
        ("198.51.100.7:5678", "198.51.100.7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("192.0.2.1,", "unreadable"),
        ("unknown", "unknown"),
        ("", "10.0.0.9"),
    ],
)
def test_nothing_a_visitor_writes_hides_what_our_proxy_wrote(tmp_path: Path, forwarded: str, address: str) -> None:
    assert seen(tmp_path, 1, X_Forwarded_For=forwarded)[0] == address


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("::ffff:198.51.100.7", "198.51.100.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2::7", "2001:db8:1::/56"),
        ("unknown", "unreadable"),
        ("unreadable", "unreadable"),
        ("127.0.0.1", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("", None),
        (None, None),
    ],
)
def test_every_visitor_is_counted_with_their_network(address: str | None, network: str | None) -> None:
    assert network_of(address) == network


SECRET_PATH = "/en/tickets/0123456789abcdefghjkmnpqrs"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        (SECRET_PATH, f"{SECRET_PATH}/"),
        ("/en/events?q=%C3%A4&page=2", "/en/events/?q=%C3%A4&page=2"),
        ("//evil.example/en/events", "/en/events/"),
    ],
)
def test_a_missing_slash_is_added_on_the_reader_s_own_host_and_scheme(client: FlaskClient, path: str, target: str) -> None:
    """Behind a proxy the app sees http and may see another port: an absolute address would be wrong, and secrets would go out
    unencrypted."""
    answer = client.get(path, environ_overrides={"wsgi.url_scheme": "http", "HTTP_HOST": f"{HOST}:8000"})

    assert (answer.status_code, answer.headers["Location"]) == (308, target)
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "strict-origin")


def test_no_page_redirects_to_an_absolute_address(client: FlaskClient) -> None:
    targets = {path: client.get(path).headers.get("Location", "") for path in ("/", "/events/", "/ee/events/", "/DE/")}

    assert [target for target in targets.values() if not target.startswith("/")] == []
