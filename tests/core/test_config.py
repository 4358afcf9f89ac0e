from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from app import config
from app.config import SettingsError, load

pytestmark = pytest.mark.once

GOOD = "0123456789abcdef" * 4
BASE = {"SECRET_KEY": GOOD, "PUBLIC_BASE_URL": "https://pearls.example"}


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A settings file that does not exist."""
    return tmp_path / "settings.env"


@pytest.mark.parametrize(
    ("secret", "complaint"),
    [
        ("", "SECRET_KEY is not set"),
        ("change-me", "SECRET_KEY is a sample value"),
        ("replace-this-with-64-random-hex-characters", "SECRET_KEY is a sample value"),
        ("a" * 64, "SECRET_KEY is a sample value"),
        ("0123456789abcdef", "SECRET_KEY is shorter than 32 bytes"),
    ],
)
def test_load_refuses_a_secret_that_is_none(nowhere: Path, secret: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        load(BASE | {"SECRET_KEY": secret}, nowhere)


def test_load_refuses_a_short_fallback_as_well(nowhere: Path) -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY_FALLBACKS"):
        load(BASE | {"SECRET_KEY_FALLBACKS": f"{GOOD},short"}, nowhere)


def test_load_never_shows_a_secret_in_its_complaint(nowhere: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load(BASE | {"SECRET_KEY": "hunter2-hunter2"}, nowhere)

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["", "pearls.example", "ftp://pearls.example", "https://pearls.example/path", "https://x?y=1"]
)
def test_load_refuses_an_address_that_visitors_cannot_use(nowhere: Path, address: str) -> None:
    with pytest.raises(SettingsError, match="PUBLIC_BASE_URL must be the address"):
        load(BASE | {"PUBLIC_BASE_URL": address}, nowhere)


def test_load_refuses_plain_http_outside_the_demo(nowhere: Path) -> None:
    with pytest.raises(SettingsError, match="must be https"):
        load(BASE | {"PUBLIC_BASE_URL": "http://pearls.example"}, nowhere)

    assert load(BASE | {"PUBLIC_BASE_URL": "http://pearls.example", "DEMO": "1"}, nowhere).secure is False


@pytest.mark.parametrize("port", ["0", "65536", "80a", "-1", "８０８０"])
def test_load_refuses_a_port_that_is_none(nowhere: Path, port: str) -> None:
    with pytest.raises(SettingsError, match="PORT must be a number"):
        load(BASE | {"PORT": port}, nowhere)


def test_load_takes_the_file_where_the_environment_is_silent(nowhere: Path) -> None:
    nowhere.write_text(f"# a comment\nSECRET_KEY={GOOD}\nPUBLIC_BASE_URL=https://of.file\nMAIL_FROM=a@of.file\n", "utf-8")

    settings = load({"PUBLIC_BASE_URL": "https://of.environment", "MAIL_FROM": ""}, nowhere)

    assert (settings.public_base_url, settings.mail_from) == ("https://of.environment", "a@of.file")


def test_settings_hide_their_secrets_when_shown(nowhere: Path) -> None:
    given = BASE | {"SMTP_URL": "smtps://me:password@mail.example", "DATABASE_URL": "postgresql://me:password@db/x"}

    assert [word for word in (GOOD, "password") if word in repr(load(given, nowhere))] == []


def test_trusted_hosts_are_those_given_or_the_public_one(nowhere: Path) -> None:
    assert load(BASE, nowhere).trusted_hosts == ("pearls.example",)
    assert load(BASE | {"TRUSTED_HOSTS": "a.example, b.example"}, nowhere).trusted_hosts == ("a.example", "b.example")


def test_own_origins_are_the_public_one_and_in_the_demo_this_machine(nowhere: Path) -> None:
    demo = load({"SECRET_KEY": GOOD, "DEMO": "1", "PORT": "8123", "PUBLIC_BASE_URL": "http://192.0.2.7:8123"}, nowhere)

    assert load(BASE, nowhere).own_origins == {"https://pearls.example"}
    assert {"http://192.0.2.7:8123", "http://localhost:8123", "http://127.0.0.1:8123"} <= demo.own_origins


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("sqlite:////srv/x.sqlite3", "sqlite:////srv/x.sqlite3"),
        ("", f"sqlite:///{config.INSTANCE / 'companion.sqlite3'}"),
    ],
)
def test_database_url_names_a_driver_that_we_install(given: str, meant: str) -> None:
    assert config.database_url(given) == meant


def test_commands_know_the_port_of_the_running_demo(nowhere: Path) -> None:
    nowhere.write_text(f"SECRET_KEY={GOOD}\nDEMO=1\n", "utf-8")
    note = nowhere.with_name(config.SERVING)
    note.write_text("PORT=8123\nHTTPS=1\n", "utf-8")

    with note.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        running = load({}, nowhere)
        asked_otherwise = load({"PORT": "9000"}, nowhere)
    stopped = load({}, nowhere)

    assert (running.port, running.secure) == (8123, True)
    assert (asked_otherwise.port, asked_otherwise.secure) == (9000, False)
    assert (stopped.port, stopped.secure) == (8000, False)


def test_a_pooler_is_named_by_its_mode_or_not_at_all(nowhere: Path) -> None:
    assert [load(BASE | {"DATABASE_POOLER": given}, nowhere).pooled for given in ("", "transaction")] == [False, True]
    with pytest.raises(SettingsError, match="DATABASE_POOLER must be"):
        load(BASE | {"DATABASE_POOLER": "session"}, nowhere)
