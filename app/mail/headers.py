"""Headers that every reader gives back letter for letter: RFC 2047, with the spaces inside the encoded words.

The standard library's own folding leaves a space between an encoded word and a plain one, or between two encoded words: strict
readers drop the one and keep the other, and words run together.
"""

from __future__ import annotations

import re
from email.header import Header
from email.headerregistry import Address
from email.policy import EmailPolicy
from typing import Any

LINE = 76
_PLAIN = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


class MailPolicy(EmailPolicy):
    """SMTP's policy, but for the two headers that hold people's words: the subject, and the sender's name."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """A subject is stored letter for letter: parsed, one that only looks like an encoded word would be decoded."""
        return (name, value) if name.lower() == "subject" else super().header_store_parse(name, value)

    def fold(self, name: str, value: Any) -> str:
        """The header as it is sent, with its line ends."""
        return _written(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The header as it is sent, in bytes."""
        written = _written(name, value)
        return written.encode("ascii") if written else super().fold_binary(name, value)


POLICY = MailPolicy(linesep="\r\n")


def words(text: str, header: str, plain: re.Pattern[str] = _PLAIN) -> str:
    """The text as it stands in this header: as it is where it is short and plain, else all of it in encoded words."""
    if plain.fullmatch(text) and "=?" not in text and len(header) + 2 + len(text) <= LINE:
        return text
    return Header(text, "utf-8", maxlinelen=LINE, header_name=header).encode(splitchars="", linesep="\r\n")


def _written(name: str, value: Any) -> str:
    """A subject, or a header of one address with a name; empty for every other header."""
    if name.lower() == "subject":
        return f"{name}: {words(str(value), name)}\r\n"
    addresses: tuple[Address, ...] = getattr(value, "addresses", ())
    if len(addresses) != 1 or not addresses[0].display_name:
        return ""
    named = words(addresses[0].display_name, name, _ATOMS)
    address = f"<{addresses[0].addr_spec}>"
    fits = len(f"{name}: {named}".rpartition("\n")[2]) + len(address) < LINE
    return f"{name}: {named}" + (" " if fits else "\r\n ") + f"{address}\r\n"
