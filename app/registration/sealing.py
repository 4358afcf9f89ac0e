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

from app.core.security import key
from app.registration.models import DIETS, NEEDS

LABEL = "registration-needs"


def seal(registration_id: uuid.UUID, needs: Collection[str]) -> bytes | None:
    """What is stored for these fixed options of `models.NEEDS` and `models.DIETS`; None when there is nothing to store."""
    if not needs:
        return None
    plain = json.dumps(known(needs)).encode()
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(key(LABEL)).encrypt(nonce, plain, registration_id.bytes)


def unseal(registration_id: uuid.UUID, sealed: bytes | None) -> tuple[str, ...]:
    """What was sealed for this registration; nothing when there is none or the key has changed since."""
    if not sealed:
        return ()
    try:
        plain = json.loads(AESGCM(key(LABEL)).decrypt(sealed[:12], sealed[12:], registration_id.bytes))
    except InvalidTag:
        return ()
    return known(plain)


def known(options: Collection[str]) -> tuple[str, ...]:
    """Those of the options that there are, in their fixed order."""
    return tuple(option for option in (*NEEDS, *DIETS) if option in options)
