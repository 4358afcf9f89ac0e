from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.core import security
from app.core.web import access, require_declared_access
from tests.conftest import HOST, SECRET, settings_for
from tests.factories import make_event

OWN = f"https://{HOST}"
CSP = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self' blob:; font-src 'self'; "
    "style-src 'self'; manifest-src 'self'; media-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """An app with one route that takes anything, to ask what gets as far as a view."""
    app = create_app(settings_for(f"sqlite:///{tmp_path_factory.mktemp('echo') / 'no.sqlite3'}"))

    @app.route("/echo", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    @access.public
    def view() -> str:
        return "reached"

    return app.test_client()


def reached(client: FlaskClient, method: str, headers: dict[str, str], cookie: bool = False) -> bool:
    """Whether the view was called."""
    if cookie:
        client.set_cookie("device", "x", domain=HOST)
    answer = client.open("/echo", method=method, headers=headers, base_url=OWN)
    client.delete_cookie("device", domain=HOST)
    assert answer.status_code in {200, 403}
    return answer.text == "reached"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "cookie", "allowed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True, True),
        ({"Sec-Fetch-Site": "none"}, True, True),
        ({"Sec-Fetch-Site": "same-site"}, True, False),
        ({"Sec-Fetch-Site": "cross-site"}, False, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": OWN}, False, False),
        ({"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer x"}, False, False),
        ({"Origin": OWN}, True, True),
        ({"Origin": "https://evil.example"}, True, False),
        ({"Origin": f"{OWN}.evil.example"}, True, False),
        ({"Origin": "null"}, True, False),
        ({"Origin": f"http://{HOST}"}, True, False),
        ({"Authorization": "Bearer x"}, False, True),
        ({"Authorization": "Bearer x"}, True, False),
        ({"Authorization": "Basic x"}, False, False),
        ({}, False, False),
    ],
)
def test_writes_come_from_our_own_pages_or_from_programs(
    echo: FlaskClient, method: str, headers: dict[str, str], cookie: bool, allowed: bool
) -> None:
    assert reached(echo, method, headers, cookie) == allowed


def test_reading_is_open_to_links_from_anywhere(echo: FlaskClient) -> None:
    assert reached(echo, "GET", {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"})


@pytest.mark.parametrize("path", ["/en/", "/en/about/", "/en/nothing/", "/healthz", "/xx/"])
def test_every_answer_carries_the_strict_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers

    assert headers["Content-Security-Policy"] == CSP
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Permissions-Policy"] == "camera=(), microphone=(), geolocation=()"
    assert headers["Referrer-Policy"] == "strict-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_public_pages_set_and_read_no_cookie(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        make_event("kaskinen-2026")
    plain = client.get("/en/events/kaskinen-2026/")
    client.set_cookie("lang", "fi", domain=HOST)
    client.set_cookie("device", "x", domain=HOST)

    marked = client.get("/en/events/kaskinen-2026/")

    assert (plain.headers.getlist("Set-Cookie"), marked.data) == ([], plain.data)
    assert "Cookie" not in marked.headers.get("Vary", "")


def test_a_foreign_host_is_refused(client: FlaskClient) -> None:
    assert client.get("/en/", base_url="https://evil.example").status_code == 400


def test_an_undeclared_route_stops_the_start(tmp_path: Path) -> None:
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'no.sqlite3'}"))
    app.add_url_rule("/open", "open", lambda: "")

    with pytest.raises(RuntimeError, match="without a declared access: open"):
        require_declared_access(app)


def test_keys_differ_by_label_and_by_secret(app: Flask) -> None:
    with app.app_context():
        keys = {security.key("ticket"), security.key("pepper"), security.key("ticket")}
        app.config["SECRET_KEY"] = SECRET[::-1]
        keys.add(security.key("ticket"))
        app.config["SECRET_KEY"] = SECRET

    assert (len(keys), {len(key) for key in keys}) == (3, {32})
