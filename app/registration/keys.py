"""After a change of SECRET_KEY: what is stored under older keys is stored anew under the present one, a batch at a time."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.registration import codes, encryption
from app.registration.models import Registration, ReplacedLink, RevokedCode, Ticket

BATCH = 500
START = uuid.UUID(int=0)


@dataclass(slots=True)
class Rehashed:
    """What a batch did: (ticket, hash before, hash now) of codes, and how many rows still need an older key to be shown."""

    last: uuid.UUID
    codes: list[tuple[uuid.UUID, bytes, bytes]] = field(default_factory=list)
    registrations: int = 0
    need_older: int = 0


def renew_registrations(session: Session, after: uuid.UUID = START) -> Rehashed | None:
    """Seal needs and hash links under the present key; None when there are no more. Their secrets stay as they were mailed."""
    query = select(Registration).where(Registration.id > after).order_by(Registration.id).limit(BATCH)
    found = session.scalars(query.with_for_update()).all()
    batch = Rehashed(found[-1].id) if found else None
    for one in found:
        link = codes.link_secret(one.id, one.link_hash, one.link_generation)
        values = {"link_hash": codes.hash_link(link), "mail_hash": _mail_hash(one), "needs": _needs(one)}
        changed = {name: value for name, value in values.items() if value != getattr(one, name)}
        if changed and batch:
            session.execute(update(Registration).where(Registration.id == one.id).values(changed))
            batch.registrations += 1
        if link != codes.link_secret(one.id, generation=one.link_generation) and batch:
            batch.need_older += 1
        _renew_replaced_links(session, one)
    return batch


def _renew_replaced_links(session: Session, one: Registration) -> None:
    """Hash the addresses that a page had before under the present key."""
    for secret in (each for number in range(1, one.link_generation) for each in codes.link_secrets(one.id, number)):
        now, *older = codes.link_hashes(secret)
        session.execute(update(ReplacedLink).where(ReplacedLink.link_hash.in_(older)).values(link_hash=now))


def _mail_hash(one: Registration) -> bytes | None:
    return codes.hash_mail(codes.mail_secret(one.id, one.email, one.mail_hash)) if one.mail_hash else None


def _needs(one: Registration) -> bytes | None:
    """Sealed again where an older key sealed them; unreadable ones stay, in case their key comes back."""
    if one.needs is None or encryption.is_current(one.id, one.needs):
        return one.needs
    return encryption.seal(one.id, encryption.unseal(one.id, one.needs)) or one.needs


def renew_tickets(session: Session, after: uuid.UUID = START) -> Rehashed | None:
    """Hash codes under the present key, also those that were replaced; None when there are no more. Printed ones stay valid."""
    columns = select(Ticket.id, Ticket.generation, Ticket.code_hash).where(Ticket.id > after).order_by(Ticket.id).limit(BATCH)
    found = session.execute(columns.with_for_update()).all()
    batch = Rehashed(found[-1].id) if found else None
    for ticket_id, generation, stored in found:
        code = codes.ticket_code(ticket_id, generation, stored)
        if batch:
            batch.need_older += code != codes.ticket_code(ticket_id, generation)
            batch.codes += [(ticket_id, stored, codes.hash_code(code))] if stored != codes.hash_code(code) else []
            batch.codes += _replaced(ticket_id, generation)
    for ticket_id, before, now in batch.codes if batch else ():
        session.execute(update(Ticket).where(Ticket.id == ticket_id, Ticket.code_hash == before).values(code_hash=now))
        session.execute(update(RevokedCode).where(RevokedCode.code_hash == before).values(code_hash=now))
    return batch


def _replaced(ticket_id: uuid.UUID, generation: int) -> list[tuple[uuid.UUID, bytes, bytes]]:
    """Every hash that a code from before may have under an older key, and the one that it has now."""
    pairs = []
    for code in (code for number in range(1, generation) for code in codes.ticket_codes(ticket_id, number)):
        now, *older = codes.code_hashes(code)
        pairs += [(ticket_id, before, now) for before in older]
    return pairs
