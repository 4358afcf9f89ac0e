"""Whether a port is free, and who has it. The server shares its port with whatever else asks for the same, so that a forgotten
one would answer half of the visitors: hence we look before it starts."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path

LISTENING = "0A"


class Taken(Exception):
    """Something listens there already; the message says what, as far as this user may know."""


class NotAllowed(Exception):
    """Ports below 1024 need rights that this user has not."""


def require_free(host: str, port: int) -> None:
    """Raises `Taken` when something listens on the port, on any address that visitors of `host` may reach; else `NotAllowed`."""
    for family, address in _addresses(host):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            _try(probe, address, port)


def _addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    """`localhost` may mean ::1, and browsers ask there first: what listens there would be seen in our place."""
    both = [(socket.AF_INET, host)]
    return [*both, (socket.AF_INET6, "::1")] if socket.has_ipv6 else both


def _try(probe: socket.socket, address: str, port: int) -> None:
    try:
        probe.bind((address, port))
    except PermissionError:
        raise NotAllowed from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Taken(owner(port)) from None
        if probe.family != socket.AF_INET6:  # a machine without IPv6 has nobody there
            raise


def owner(port: int) -> str:
    """The program that listens on the port, as `python3 wsgi.py (process 4711)`; empty where this system does not say."""
    sockets = _listening(port)
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # ended meanwhile, or somebody else's
            if any(os.readlink(file) in sockets for file in (process / "fd").iterdir()):
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"{words[:100]} (process {process.name})"
    return ""


def _listening(port: int) -> set[str]:
    """The sockets that listen on the port, as they are named in /proc."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text("ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{fields[9]}]")
    return found
