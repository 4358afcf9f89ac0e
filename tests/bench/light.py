"""A light HTTP/1.1 client for asyncio: one connection, kept open, and what is needed to read our own answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

PATIENCE = 30.0


@dataclass(frozen=True)
class Answer:
    """Status, headers by small name, body as it was sent."""

    status: int
    headers: dict[str, str]
    body: bytes


class Light:
    """One connection to 127.0.0.1, opened when it is first needed; `close` it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Answer:
        """One request and its answer. Raises `OSError`, `EOFError` or `TimeoutError`."""
        async with asyncio.timeout(PATIENCE):
            if self._writer is None:
                self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
            assert self._reader is not None
            sent = {"Host": "127.0.0.1"} | headers | ({"Content-Length": str(len(body))} if body else {})
            head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
            self._writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
            raw = await self._reader.readuntil(b"\r\n\r\n")
            first, *lines = raw[:-4].decode("latin-1").split("\r\n")
            found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = int(found.get("content-length", "0"))
            return Answer(int(first.split()[1]), found, await self._reader.readexactly(length) if length else b"")

    async def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
            self._reader = self._writer = None
