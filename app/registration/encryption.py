"""Needs and diet at rest: sealed with AES-GCM under a key of their own and bound to their registration.

Health data (GDPR Art. 9) is unreadable in a dump without SECRET_KEY, and cannot be moved to another person's row.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Collection

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.core.security import key, keys
from app.registration.models import NEEDS, Diet, Need

LABEL = "registration-needs"


def seal(registration_id: uuid.UUID, needs: Collection[str]) -> bytes | None:
    """What is stored for these of `models.NEEDS`; None when there is nothing to store."""
    if not needs:
        return None
    plain = json.dumps(known(needs)).encode()
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(key(LABEL)).encrypt(nonce, plain, registration_id.bytes)


def unseal(registration_id: uuid.UUID, sealed: bytes | None) -> tuple[Need | Diet, ...]:
    """What was sealed for this registration under any of our keys; nothing when there is none or its key is gone."""
    for one in keys(LABEL) if sealed else ():
        if (opened := _open(one, registration_id, sealed or b"")) is not None:
            return known(opened)
    return ()


def is_current(registration_id: uuid.UUID, sealed: bytes) -> bool:
    """Whether the present key opens it."""
    return _open(key(LABEL), registration_id, sealed) is not None


def _open(one: bytes, registration_id: uuid.UUID, sealed: bytes) -> list[str] | None:
    try:
        opened: list[str] = json.loads(AESGCM(one).decrypt(sealed[:12], sealed[12:], registration_id.bytes))
    except InvalidTag:
        return None
    return opened


def known(options: Collection[str]) -> tuple[Need | Diet, ...]:
    """Those of the options that there are, in their fixed order."""
    return tuple(option for option in NEEDS if option in options)
