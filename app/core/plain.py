"""Texts freed of what a format does not allow: one letter pasted from elsewhere would make a whole feed unreadable."""

from __future__ import annotations

import re

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def xml_text(text: str) -> str:
    """What may stand in XML 1.0 (its `Char`)."""
    return _NOT_XML.sub("", text)


def calendar_line(text: str) -> str:
    """What may stand in a text of a calendar (RFC 5545, `TSAFE-CHAR`): no control characters but tabs and ends of lines."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
