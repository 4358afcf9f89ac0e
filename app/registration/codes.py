"""The secrets on tickets: derived from keys, never stored, read tolerantly. Needs an app context (for the keys) and no database.

A ticket's code is Crockford base32 of 128 bits; the reference (40 bits) is for reading aloud and typing online; the link
secret opens the holder's own page. What is stored of each is at most a keyed hash (checkin.md §1).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid
from collections.abc import Callable, Collection, Sequence
from urllib.parse import urlsplit

from flask import current_app

from app.core.security import keyed_hashes, keys

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH, REFERENCE_LENGTH, MAX_SCANNED = 26, 8, 64
_ALIKE = str.maketrans("abcdefghijklmnopqrstuvwxyzOIL", "ABCDEFGH1JK1MN0PQRSTUVWXYZ011")
_ADDRESS = re.compile(r"https?://([^/?#@\s]{1,60})/t/([0-9a-z]{26})", re.I)
_SYMBOLS = frozenset(ALPHABET)


def crockford(data: bytes) -> str:
    """Base32 in Crockford's alphabet, most significant first, as many characters as the bits need."""
    value, length = int.from_bytes(data, "big"), -(-len(data) * 8 // 5)
    return "".join(ALPHABET[value >> 5 * place & 31] for place in reversed(range(length)))


def ticket_code(ticket_id: uuid.UUID, generation: int, stored: bytes | None = None) -> str:
    """The 26 characters in the QR of this generation of a ticket. Never log or store it.

    `stored` is its hash in the table, which tells the key that it was made with; a code without one is new.
    """
    return _chosen(ticket_codes(ticket_id, generation), stored, code_hashes)


def ticket_codes(ticket_id: uuid.UUID, generation: int) -> list[str]:
    """The codes that this generation of a ticket has under each of our keys, the present one's first."""
    return [crockford(made[:16]) for made in _derived("ticket-code", ticket_id, generation)]


def hash_code(code: str) -> bytes:
    """What is stored in place of a code, and finds its ticket again."""
    return code_hashes(code)[0]


def code_hashes(code: str) -> list[bytes]:
    """What may be stored in place of a code, the present key's hash first."""
    return keyed_hashes("ticket-pepper", code)


def reference(ticket_id: uuid.UUID, generation: int, attempt: int = 0) -> str:
    """8 characters for reading aloud; the next `attempt` where another ticket of the event has them already."""
    return crockford(_derived("ticket-reference", ticket_id, generation, attempt)[0][:5])


def show_reference(text: str) -> str:
    """`K7QM4T2P` as people read it: `K7QM-4T2P`."""
    return f"{text[:4]}-{text[4:]}"


def link_secret(registration_id: uuid.UUID, stored: bytes | None = None, generation: int = 1) -> str:
    """The secret in the address of the holder's page: 128 bits in small letters. Never log or store it. `stored` as above."""
    return _chosen(link_secrets(registration_id, generation), stored, link_hashes)


def link_secrets(registration_id: uuid.UUID, generation: int) -> list[str]:
    """The secrets that this generation of an address has under each of our keys, the present one's first."""
    numbers = () if generation == 1 else (generation,)
    return [crockford(made[:16]).lower() for made in _derived("registration-link", registration_id, *numbers)]


def hash_link(secret: str) -> bytes:
    """What is stored in place of a link secret; look-alikes and case do not matter."""
    return link_hashes(secret)[0]


def link_hashes(secret: str) -> list[bytes]:
    """What may be stored in place of a link secret, the present key's hash first."""
    return keyed_hashes("link-pepper", _plain(secret[:MAX_SCANNED]))


def mail_secret(registration_id: uuid.UUID, email: str, stored: bytes | None = None) -> str:
    """The secret of the link that confirms this address of this registration: 128 bits. Never log or store it."""
    message = registration_id.bytes + email.encode()
    made = [hmac.digest(one, message, hashlib.sha256) for one in keys("registration-mail")]
    return _chosen([crockford(one[:16]).lower() for one in made], stored, mail_hashes)


def hash_mail(secret: str) -> bytes:
    """What is stored in place of a mail secret; look-alikes and case do not matter."""
    return mail_hashes(secret)[0]


def mail_hashes(secret: str) -> list[bytes]:
    """What may be stored in place of a mail secret, the present key's hash first."""
    return keyed_hashes("mail-pepper", _plain(secret[:MAX_SCANNED]))


def _derived(label: str, identity: uuid.UUID, *numbers: int) -> list[bytes]:
    message = identity.bytes + b"".join(number.to_bytes(4, "big") for number in numbers)
    return [hmac.digest(one, message, hashlib.sha256) for one in keys(label)]


def _chosen(secrets: Sequence[str], stored: bytes | None, hashes: Callable[[str], list[bytes]]) -> str:
    """The one whose hash is stored; the present key's where there is none."""
    if stored is None or len(secrets) == 1:
        return secrets[0]
    return next((secret for secret in secrets if stored in hashes(secret)), secrets[0])


def own_hosts() -> frozenset[str]:
    """The hosts (with their port where it is not the scheme's own) whose ticket addresses we read."""
    return frozenset(urlsplit(origin).netloc for origin in current_app.config["OWN_ORIGINS"])


def read_code(text: str, hosts: Collection[str]) -> str | None:
    """The code in what was scanned or typed: our own host's `/T/<code>` or the bare code, at most 64 bytes; else None.

    Never raises and never opens anything. O reads as 0, I and L as 1; the bare form may carry hyphens and spaces.
    """
    if not text.isascii() or len(text) > MAX_SCANNED:
        return None
    address = _ADDRESS.fullmatch(text.strip())
    if address is None:
        return _symbols(text, CODE_LENGTH)
    return _symbols(address[2], CODE_LENGTH) if address[1].lower() in {host.lower() for host in hosts} else None


def read_reference(text: str) -> str | None:
    """The reference in what was typed, with the same tolerance as a bare code; else None."""
    return _symbols(text, REFERENCE_LENGTH) if text.isascii() and len(text) <= MAX_SCANNED else None


def _plain(text: str) -> str:
    return text.replace("-", "").replace(" ", "").strip().translate(_ALIKE)


def _symbols(text: str, length: int) -> str | None:
    plain = _plain(text)
    return plain if len(plain) == length and _SYMBOLS.issuperset(plain) else None
