"""A port that somebody has is refused by name: two servers on one port would share the visitors silently."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from app.core import ports
from tests.checks.postgres import free_port


@pytest.fixture(params=["127.0.0.1", "0.0.0.0", "::1"])
def taken(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port on which this process listens, ready to share it as a forgotten server would."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with closing(socket.socket(family)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind((request.param, 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_is_taken_is_refused_with_the_name_of_who_has_it(taken: int, host: str) -> None:
    with pytest.raises(ports.Taken) as refused:
        ports.require_free(host, taken)

    assert f"(process {os.getpid()})" in str(refused.value)
    assert Path(sys.executable).name in str(refused.value)


def test_a_free_port_is_free(app: Flask) -> None:
    port = free_port()
    ports.require_free("0.0.0.0", port)

    assert app.test_cli_runner().invoke(args=["port", str(port)]).exit_code == 0


def test_the_command_fails_with_a_sentence(app: Flask, taken: int) -> None:
    done = app.test_cli_runner().invoke(args=["port", str(taken)])

    assert (done.exit_code, done.output.startswith(f"Error: Port {taken} is in use by ")) == (1, True)
