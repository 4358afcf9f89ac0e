"""What the supervisor's pages say: how a conflict came about, how a phone is, what is stored. Names and times stand after a
colon or alone, so that no language has to inflect them. Phones have their names; of guests only initials are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.checkin.messages import TITLES, Scene
from app.checkin.models import QUARANTINE
from app.checkin.rules import Result
from app.core.babel import LazyString, gettext, lazy_gettext as _l, lazy_pgettext, ngettext
from app.supervise.queries import ConflictCase, DeviceOverview, moment

RESULTS: dict[str, LazyString] = TITLES | {QUARANTINE: lazy_pgettext("check-in", "Set aside")}
TONES = {
    Result.ACCEPTED: "ok", Result.EXITED: "ok", Result.UNDONE: "plain", Result.ALREADY_IN: "warn", Result.NOT_YET: "warn",
    Result.TOO_LATE: "warn", Result.WAITLISTED: "warn", QUARANTINE: "warn",
}  # fmt: skip
STATES: dict[str, LazyString] = {
    "ready": lazy_pgettext("phone", "In use"),
    "waiting": lazy_pgettext("phone", "Waiting for its code to be scanned"),
    "late": lazy_pgettext("phone", "Never set up"),
    "revoked": lazy_pgettext("phone", "Disconnected"),
    "ended": lazy_pgettext("phone", "The event is over"),
}
STORED: dict[str, LazyString] = {
    "registrations": lazy_pgettext("stored", "Registrations, with names and addresses"),
    "pending_registrations": lazy_pgettext("stored", "Registrations whose address is not confirmed"),
    "unconfirmed_addresses": lazy_pgettext("stored", "E-mail addresses that are not confirmed"),
    "erased_registrations": lazy_pgettext("stored", "Registrations that guests deleted themselves"),
    "needs": lazy_pgettext("stored", "Needs, such as a wheelchair place or a diet"),
    "answers": lazy_pgettext("stored", "Answers to the organiser’s questions"),
    "tickets": lazy_pgettext("stored", "Tickets"),
    "mails": lazy_pgettext("stored", "E-mails waiting to be sent"),
    "conflicts": lazy_pgettext("stored", "Conflicts, with their notes"),
    "admissions": lazy_pgettext("stored", "Admissions"),
    "headcounts": lazy_pgettext("stored", "Taps that counted guests"),
    "scans": lazy_pgettext("stored", "Scans"),
    "devices": lazy_pgettext("stored", "Phones at the door"),
    "one_time_tokens": lazy_pgettext("stored", "One-time codes for phones"),
    "audit_entries": lazy_pgettext("stored", "Records of who changed what, without names"),
}
_KNEW: dict[str, LazyString] = {
    Result.UNKNOWN: _l("The code is not valid here: it does not belong to any of our tickets, or it was misread."),
    Result.WRONG_EVENT: _l("This ticket is for another event."),
    Result.WRONG_LIST: _l("The ticket is not for this list."),
    Result.CANCELLED: _l("This registration was cancelled."),
    Result.REVOKED: _l("A newer ticket had replaced this one."),
    Result.WAITLISTED: _l("This guest was on the waiting list and had no seat."),
    Result.NOT_YET: _l("This list was not open yet."),
    Result.TOO_LATE: _l("This list had closed already."),
    Result.ALREADY_IN: _l("This ticket has been used already."),
    QUARANTINE: _l("This phone had been disconnected before. The scan was set aside and admitted nobody."),
}


def did(case: ConflictCase) -> str:
    """What the phone did."""
    return ngettext(
        "Without an answer from the server, the phone let in %(num)d guest.",
        "Without an answer from the server, the phone let in %(num)d guests.",
        case.scan.count,
    )


def knew(case: ConflictCase, scene: Scene, lang: str) -> list[str]:
    """What the server knew, one sentence each: the reason, then when, where and by whom as far as that is known."""
    if case.is_partial:
        room = ngettext(
            "This ticket had room for only %(num)d guest.", "This ticket had room for only %(num)d guests.",
            case.scan.admitted,
        )  # fmt: skip
        return [room]
    kind = case.conflict.kind
    if kind == QUARANTINE and not case.had_ended:
        return [gettext("This phone was no longer set up for this list. The scan was set aside and admitted nobody.")]
    return [str(_KNEW.get(kind, _KNEW[Result.UNKNOWN])), *filter(None, [_detail(case, kind, scene, lang)])]


def _detail(case: ConflictCase, kind: str, scene: Scene, lang: str) -> str:
    if kind == Result.ALREADY_IN and case.first and case.first_door and case.first_device:
        name = str(scene.texts(case.first_door.id, "list.name")) or case.first_door.slug
        at = scene.when(moment(case.first), lang)
        return gettext("First scan: %(time)s, %(list)s, %(by)s", time=at, list=name, by=case.first_device.name)
    if kind == Result.WRONG_EVENT and case.ticket and (title := scene.texts(case.ticket.event_id, "event.title")):
        return gettext("It is for this event: %(event)s", event=title.text)
    for wanted, moved, sentence in (
        (Result.CANCELLED, case.cancelled_at, _l("Cancelled: %(time)s")),
        (Result.REVOKED, case.replaced_at, _l("Replaced: %(time)s")),
        (Result.NOT_YET, case.check_in_list.opens_at, _l("Opens: %(time)s")),
        (Result.TOO_LATE, case.check_in_list.closes_at, _l("Closed since: %(time)s")),
    ):
        if kind == wanted and moved is not None:
            return str(sentence) % {"time": scene.when(moved, lang)}
    return ""


# Phones


@dataclass(frozen=True, slots=True)
class DeviceShown:
    """A phone in words, with clock times to the minute: equal as long as nothing that a person reads has changed."""

    id: str
    name: str
    lists: tuple[str, ...]
    supervises: bool
    state: str
    heard: str
    synced: str
    unsent: int
    missing: int
    warnings: tuple[str, ...]


def show_device(overview: DeviceOverview, scene: Scene, names: dict[str, str], lang: str) -> DeviceShown:
    """`names` maps a list's slug to its name."""
    device, now = overview.device, scene.now
    state = overview.state(now)
    alive = overview.warnings(now) if state in {"ready", "revoked"} else ()
    return DeviceShown(
        str(device.id), device.name,
        tuple(names.get(slug, slug) for slug in device.lists.split(",") if slug), device.may_supervise, state,
        _when(overview.heard_at, scene, lang), _when(device.list_synced_at, scene, lang), device.unsent, overview.missing,
        tuple(warning(name, overview) for name in alive),
    )  # fmt: skip


def warning(name: str, device: DeviceOverview) -> str:
    """The sentence for one warning."""
    if name == "clock_off":
        minutes = max(1, device.clock_off // timedelta(minutes=1))
        return ngettext(
            "The clock of this phone is off by %(num)d minute. Set it to the network’s time.",
            "The clock of this phone is off by %(num)d minutes. Set it to the network’s time.",
            minutes,
        )
    if name == "many_unknown":
        return ngettext(
            "%(num)d unknown code within 15 minutes. Ask what is being scanned there.",
            "%(num)d unknown codes within 15 minutes. Ask what is being scanned there.",
            device.unknowns,
        )
    if name == "many_undone":
        return ngettext(
            "%(num)d scan was undone within 15 minutes. Ask what is going on there.",
            "%(num)d scans were undone within 15 minutes. Ask what is going on there.",
            device.undone,
        )
    if name == "silent_missing":
        return ngettext(
            "There is no contact with this phone, and %(num)d scan is missing. Open the scanner on it where there is a network.",
            "There is no contact with this phone, and %(num)d scans are missing. "
            "Open the scanner on it where there is a network.",
            device.missing,
        )
    return ngettext(
        "There is no contact with this phone, which still holds %(num)d scan. Open the scanner on it where there is a network.",
        "There is no contact with this phone, which still holds %(num)d scans. Open the scanner on it where there is a network.",
        device.device.unsent,
    )


def _when(at: datetime | None, scene: Scene, lang: str) -> str:
    return scene.when(at, lang) if at is not None else ""
