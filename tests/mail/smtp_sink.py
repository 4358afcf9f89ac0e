"""An SMTP server for tests, on a free port: keeps what it is given, refuses whom it is told to."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Taken:
    """One message as the server got it."""

    sender: str
    recipients: list[str]
    data: bytes


@dataclass
class Sink:
    """`refuse` maps a recipient to the server's answer; `pause` seconds pass before a message is taken."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    answer_data: str = "250 taken"
    pause: float = 0
    connections: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


class Talk(socketserver.StreamRequestHandler):
    """The few verbs that smtplib speaks."""

    sink: Sink

    def handle(self) -> None:
        self.sink.connections += 1
        self.say("220 sink")
        sender, recipients = "", []
        while line := self.rfile.readline().decode():
            verb = line[:4].upper()
            if verb == "EHLO":
                self.say("250 sink")
            elif verb == "MAIL":
                sender, recipients = line.split("<")[1].split(">")[0], []
                self.say("250 ok")
            elif verb == "RCPT":
                recipient = line.split("<")[1].split(">")[0]
                answer = self.sink.refuse.get(recipient, "250 ok")
                recipients += [recipient] if answer.startswith("250") else []
                self.say(answer)
            elif verb == "DATA":
                self.say("354 go on")
                data = self.read_data()
                time.sleep(self.sink.pause)
                if self.sink.answer_data.startswith("250"):
                    self.sink.taken.append(Taken(sender, recipients, data))
                self.say(self.sink.answer_data)
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def read_data(self) -> bytes:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)


@contextmanager
def smtp_sink() -> Iterator[Sink]:
    """A server that runs while the block does."""
    sink = Sink()
    handler = type("Handler", (Talk,), {"sink": sink})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        sink.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield sink
        server.shutdown()
        thread.join()
