"""Codes, references and link secrets: derived, never stored, read tolerantly and never from another host."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given, strategies as st

from app.registration.codes import (
    ALPHABET,
    crockford,
    hash_code,
    hash_link,
    link_secret,
    own_hosts,
    read_code,
    read_reference,
    reference,
    show_reference,
    ticket_code,
)

CODE = "7K2M9QXRT4VWB3C8NHDPZ6FJ5G"
HOSTS = ("pearls.test", "192.0.2.7:8000")
TICKET = uuid.UUID("11111111-2222-4333-8444-555555555555")


def test_crockford_writes_every_bit() -> None:
    assert (crockford(bytes(5)), crockford(b"\xff" * 5), crockford(b"\x00\x00\x00\x00\x21")) == ("0" * 8, "Z" * 8, "00000011")


def test_secrets_are_stable_long_and_of_one_purpose_each(database: None) -> None:
    made = [ticket_code(TICKET, 1), ticket_code(TICKET, 2), link_secret(TICKET), reference(TICKET, 1), reference(TICKET, 1, 1)]

    assert made == [
        ticket_code(TICKET, 1),
        ticket_code(TICKET, 2),
        link_secret(TICKET),
        reference(TICKET, 1),
        reference(TICKET, 1, 1),
    ]
    assert [len(text) for text in made] == [26, 26, 26, 8, 8]
    assert len({text.upper()[:8] for text in made}) == 5
    assert set("".join(made).upper()) <= set(ALPHABET)


def test_hashes_differ_by_purpose_and_forgive_the_way_of_writing(database: None) -> None:
    secret = link_secret(TICKET)

    assert hash_link(secret.upper()) == hash_link(secret)
    assert hash_link(secret) != hash_code(secret.upper())


def test_own_hosts_are_those_of_our_origins(database: None) -> None:
    assert own_hosts() == frozenset({"pearls.test"})


@pytest.mark.parametrize(
    "text", [f"HTTPS://PEARLS.TEST/T/{CODE}", CODE.lower(), f" {CODE[:13]}-{CODE[13:]} ", f"http://192.0.2.7:8000/t/{CODE}"]
)
def test_code_is_read_from_our_address_or_bare(text: str) -> None:
    assert read_code(text, HOSTS) == CODE


@pytest.mark.parametrize(
    "text",
    [
        "", "1", "42", CODE[:25], CODE + "7", "U" + CODE[1:], f"https://evil.test/T/{CODE}", f"https://pearls.test.evil.test/T/{CODE}",
        f"https://pearls.test@evil.test/T/{CODE}", f"https://pearls.test/T/{CODE}?x", f"https://pearls.test/T/{CODE}/", f"//pearls.test/T/{CODE}",
        f"javascript:{CODE}", f"https://pearls.test:444/T/{CODE}", f"https://pearls.test/t/t/{CODE}", CODE.replace("7", "７"), " " * 39 + CODE,
        f"https://192.0.2.7/T/{CODE}", "\ud800" + CODE, CODE[:10] + "\x00" + CODE[10:],
    ],
)  # fmt: skip
def test_anything_else_is_no_code(text: str) -> None:
    assert read_code(text, HOSTS) is None


@given(st.text(max_size=90))
def test_reading_never_raises_and_gives_plain_symbols(text: str) -> None:
    for read, length in ((read_code(text, HOSTS), 26), (read_reference(text), 8)):
        assert read is None or (len(read) == length and set(read) <= set(ALPHABET))


@given(st.from_regex(r"https?://[a-z0-9.@:%\[\]-]{1,30}/T/7K2M9QXRT4VWB3C8NHDPZ6FJ5G", fullmatch=True))
def test_no_other_host_is_ever_read(text: str) -> None:
    host = text.split("//", 1)[1].split("/", 1)[0]

    assert (read_code(text, HOSTS) is not None) == (host in HOSTS and len(text) <= 64)


@given(st.text(alphabet=ALPHABET, min_size=26, max_size=26), st.sampled_from(["", "-", " "]), st.booleans())
def test_every_code_is_read_back_however_it_is_grouped(code: str, gap: str, small: bool) -> None:
    grouped = gap.join((code[:4], code[4:13], code[13:]))

    assert read_code(grouped.lower() if small else grouped, ()) == code


@given(st.text(alphabet=ALPHABET, min_size=8, max_size=8))
def test_every_reference_is_read_back_as_shown(text: str) -> None:
    assert read_reference(show_reference(text).lower().replace("0", "o").replace("1", "l")) == text
