"""Settings: read once at start from the environment, else from instance/settings.env; frozen afterwards."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = ROOT / "instance"
SAMPLE_SECRETS = frozenset({"change-me", "changeme", "secret", "dev", "sample", "replace-this-with-64-random-hex-characters"})
MIN_SECRET_BYTES = 32
SERVING = "serving.env"


class SettingsError(RuntimeError):
    """The configuration is unusable; the message says which name is wrong and what it should be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between two installations. README lists each name in one table."""

    secret_key: str = field(repr=False)
    public_base_url: str
    database_url: str = field(repr=False)
    trusted_hosts: tuple[str, ...]
    secret_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    smtp_url: str = field(default="", repr=False)
    mail_from: str = "companion@localhost"
    demo: bool = False
    port: int = 8000
    proxies: int = 0
    pooled: bool = False
    service_worker: bool = True
    journal: Path = INSTANCE / "erasures.log"
    testing: bool = False

    @property
    def secure(self) -> bool:
        """Whether visitors reach us over https: cookies are Secure and `__Host-` only then."""
        return self.public_base_url.startswith("https://")

    @property
    def host(self) -> str:
        """Host and port as they stand in printed codes, such as `pearls.example` or `192.168.1.5:8000`."""
        return urlsplit(self.public_base_url).netloc

    @property
    def own_origins(self) -> frozenset[str]:
        """Origins whose forms we accept; in the demo also this machine under its other names."""
        origins = {self.public_base_url}
        if self.demo:
            scheme = urlsplit(self.public_base_url).scheme
            origins |= {f"{scheme}://{host}:{self.port}" for host in ("localhost", "127.0.0.1", *local_addresses())}
        return frozenset(origins)


def load(environ: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Read the settings. Raises `SettingsError` for a missing, short or sample secret, or an unusable address."""
    file = file or INSTANCE / "settings.env"
    given = {name: value for name, value in (os.environ if environ is None else environ).items() if value}
    values = _read_env_file(file) | given
    demo = values.get("DEMO", "") == "1"
    if demo and "PORT" not in given:
        values = _read_env_file(file) | being_served(file.with_name(SERVING)) | given
    port = _port(values.get("PORT", "8000"))
    base = _base_url(values, demo=demo, port=port)
    hosts = tuple(_plain(part) for part in values.get("TRUSTED_HOSTS", "").split(",") if part.strip())
    return Settings(
        secret_key=_secret("SECRET_KEY", values.get("SECRET_KEY", "")),
        secret_key_fallbacks=tuple(
            _secret("SECRET_KEY_FALLBACKS", part) for part in values.get("SECRET_KEY_FALLBACKS", "").split(",") if part
        ),
        public_base_url=base,
        database_url=database_url(values.get("DATABASE_URL", "")),
        trusted_hosts=hosts or _default_hosts(base, demo=demo),
        smtp_url=values.get("SMTP_URL", ""),
        mail_from=values.get("MAIL_FROM", "companion@localhost"),
        demo=demo,
        port=port,
        proxies=_proxies(values.get("PROXIES", "0")),
        pooled=_pooled(values.get("DATABASE_POOLER", "")),
        service_worker=values.get("SERVICE_WORKER", "on") != "off",
        journal=Path(values.get("JOURNAL", "") or INSTANCE / "erasures.log"),
    )


def require_proxy(settings: Settings) -> None:
    """Serving the public needs a proxy that takes in slow bodies. Raises `SettingsError` without one, but in the demo."""
    if not settings.demo and not settings.proxies:
        raise SettingsError(
            "PROXIES is 0: outside the demo a proxy such as nginx must stand in front (PROXIES=1), or a few slow clients stop it."
        )


def unfinished_restore(settings: Settings) -> Path:
    """The file that lies beside the journal from when a restore has begun until it is whole (app.backup)."""
    return settings.journal.with_name(f".{settings.journal.name}-restoring")


def require_whole(settings: Settings) -> None:
    """Nobody is served, and nothing mailed, from a database that is half restored. Raises `SettingsError`."""
    if unfinished_restore(settings).exists():
        raise SettingsError(
            "A restore was interrupted. Run `flask restore` again: the database is neither the old one nor whole."
        )


def database_url(value: str) -> str:
    """The SQLAlchemy address: SQLite under instance/ by default; plain `postgresql://` gets the psycopg driver."""
    if not value:
        return f"sqlite:///{INSTANCE / 'companion.sqlite3'}"
    for prefix in ("postgres://", "postgresql://"):
        if value.startswith(prefix):
            return "postgresql+psycopg://" + value.removeprefix(prefix)
    return value


def local_addresses() -> tuple[str, ...]:
    """This machine's IPv4 addresses as the local network sees them, the outgoing one first; asks no other host."""
    found: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # a UDP connect sends nothing: it only picks the interface
        found.append(probe.getsockname()[0])
    with suppress(OSError):
        found += [str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return tuple(dict.fromkeys(address for address in found if not address.startswith("127.")))


def being_served(path: Path) -> dict[str, str]:
    """PORT and HTTPS of the demo that runs now, so that other commands print its address.

    The running demo holds a lock on the file; one that was killed has left it without, and then it counts for nothing.
    """
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return {}
    except BlockingIOError:
        return _read_env_file(path)
    return {}


def _read_env_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    pairs = (line.split("=", 1) for line in path.read_text("utf-8").splitlines() if "=" in line and line[:1] != "#")
    return {name.strip(): value.strip().strip('"') for name, value in pairs}


def _secret(name: str, value: str) -> str:
    if not value:
        raise SettingsError(
            f"{name} is not set. `make demo` writes one; else: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    if value.lower() in SAMPLE_SECRETS or len(set(value)) < 8:
        raise SettingsError(f"{name} is a sample value. Make a random one with secrets.token_hex(32).")
    if len(value.encode()) < MIN_SECRET_BYTES:
        raise SettingsError(f"{name} is shorter than {MIN_SECRET_BYTES} bytes.")
    return value


def _port(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 0 < int(value) < 65536:
        raise SettingsError(f"PORT must be a number from 1 to 65535, not {value!r}.")
    return int(value)


def _proxies(value: str) -> int:
    if value not in {"0", "1", "2", "3"}:
        raise SettingsError(f"PROXIES must be how many proxies of your own stand in front, from 0 to 3, not {value!r}.")
    return int(value)


def _pooled(value: str) -> bool:
    if value not in {"", "transaction"}:
        raise SettingsError(f"DATABASE_POOLER must be `transaction` or empty, not {value!r}.")
    return value == "transaction"


def _base_url(values: Mapping[str, str], *, demo: bool, port: int) -> str:
    base = values.get("PUBLIC_BASE_URL", "").rstrip("/")
    if not base and demo:
        scheme = "https" if values.get("HTTPS") == "1" else "http"
        return f"{scheme}://{(*local_addresses(), '127.0.0.1')[0]}:{port}"
    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query:
        raise SettingsError("PUBLIC_BASE_URL must be the address visitors use, such as https://pearls.example, without a path.")
    if parts.scheme == "http" and not demo:
        raise SettingsError("PUBLIC_BASE_URL must be https outside the demo: cameras, offline pages and cookies need it.")
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = _plain(parts.netloc.removesuffix(f":{usual}"))
    return f"{parts.scheme}://{host}"


def _plain(host: str) -> str:
    """A host's name as browsers send it: small letters, no dot at its end."""
    name, colon, port = host.strip().lower().partition(":")
    return f"{name.rstrip('.')}{colon}{port}"


def _default_hosts(base: str, *, demo: bool) -> tuple[str, ...]:
    own = urlsplit(base).hostname or ""
    return tuple(dict.fromkeys((own, *(("localhost", "127.0.0.1", *local_addresses()) if demo else ()))))
