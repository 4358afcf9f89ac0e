"""PROXIES: whose address a visitor has when proxies of ours stand in front."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import request

from app import config, create_app
from app.config import SettingsError
from tests.conftest import SECRET, settings_for

pytestmark = pytest.mark.once

GIVEN = {"SECRET_KEY": SECRET, "PUBLIC_BASE_URL": "https://pearls.test"}


def seen(tmp_path: Path, proxies: int, **headers: str) -> tuple[str | None, str, str]:
    """Address, host and scheme that the application sees of a request from 10.0.0.9 with these headers."""
    app = create_app(replace(settings_for(f"sqlite:///{tmp_path / 'x.sqlite3'}"), proxies=proxies))
    found: list[tuple[str | None, str, str]] = []
    app.before_request(lambda: found.append((request.remote_addr, request.host, request.scheme)))
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    app.test_client().get("/healthz", base_url="http://pearls.test", headers=given, environ_base={"REMOTE_ADDR": "10.0.0.9"})
    return found[0]


@pytest.mark.parametrize(("proxies", "address"), [(0, "10.0.0.9"), (1, "198.51.100.7"), (2, "203.0.113.4"), (3, "192.0.2.1")])
def test_address_is_what_our_own_proxies_wrote(tmp_path: Path, proxies: int, address: str) -> None:
    """A visitor may send the header too: what they wrote stands further left than anything that is trusted."""
    given = {"X_Forwarded_For": "192.0.2.1, 203.0.113.4, 198.51.100.7"}

    assert seen(tmp_path, proxies, **given)[0] == address


def test_host_and_scheme_are_never_taken_from_a_proxy(tmp_path: Path) -> None:
    given = {"X_Forwarded_For": "198.51.100.7", "X_Forwarded_Host": "evil.test", "X_Forwarded_Proto": "ftp"}

    assert seen(tmp_path, 1, **given) == ("198.51.100.7", "pearls.test", "http")


def test_address_stays_when_the_proxy_says_nothing(tmp_path: Path) -> None:
    assert seen(tmp_path, 1)[0] == "10.0.0.9"


@pytest.mark.parametrize(("given", "proxies"), [("", 0), ("0", 0), ("2", 2)])
def test_setting_is_a_small_number(tmp_path: Path, given: str, proxies: int) -> None:
    assert config.load(GIVEN | {"PROXIES": given}, tmp_path / "none.env").proxies == proxies


@pytest.mark.parametrize("given", ["yes", "-1", "4", "1.0", "\u0662"])
def test_setting_refuses_anything_else(tmp_path: Path, given: str) -> None:
    with pytest.raises(SettingsError, match="PROXIES must be how many proxies of your own stand in front"):
        config.load(GIVEN | {"PROXIES": given}, tmp_path / "none.env")
