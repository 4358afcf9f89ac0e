"""What every page of a supervisor stands on: who looks, the event, its texts, the moment; and who is shut out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import wraps
from typing import Any

from flask import Blueprint, Response, g, redirect, request, url_for

from app.checkin.messages import Scene
from app.checkin.rules import DeviceState, UnknownDevice
from app.checkin.scenery import describe
from app.core import clock
from app.core.errors import DomainError, answer
from app.core.extensions import htmx
from app.core.web import access, render
from app.events.models import Event
from app.i18n import formats
from app.i18n.formats import current_language
from app.i18n.texts import Texts
from app.supervise import queries, words
from app.supervise.service import NoSupervisor


def supervisor(view: Callable[..., Response]) -> Callable[..., Response]:
    """Only for a phone that may supervise; `g.device` is set. Raises `UnknownDevice`, `NoSupervisor`."""

    @access.device
    @wraps(view)
    def guarded(**view_args: Any) -> Response:
        if not g.device.may_supervise:
            raise NoSupervisor
        return view(**view_args)

    return guarded


def blueprint(name: str) -> Blueprint:
    """A blueprint whose pages say in words why somebody may not see them."""
    made = Blueprint(name, __name__)
    for broken in (UnknownDevice, NoSupervisor):
        made.register_error_handler(broken, _shut_out)
    return made


def _shut_out(error: DomainError) -> Response:
    """In words; a page that polls reloads, so that it never looks alive when it is not. One whose form was sent stays, with
    what was typed."""
    response = answer(error.status, error.code, error.message)
    if htmx and request.method == "GET":
        response.headers["HX-Refresh"] = "true"
    return response


@dataclass(frozen=True, slots=True)
class Ground:
    """The phone that looks, its event, and the texts and the moment it looks at."""

    device: DeviceState
    event: Event
    texts: Texts
    scene: Scene
    lang: str

    def name_of(self, check_in_list: Any) -> Any:
        """A list's name, else its slug."""
        return self.texts(check_in_list.id, "list.name") or check_in_list.slug

    def when(self, moment: datetime) -> str:
        """The time in the event's zone, with its date when that is not today."""
        return self.scene.when(moment, self.lang)

    @property
    def zone(self) -> tzinfo:
        """The event's zone."""
        return formats.zone(self.event.timezone)

    @property
    def names(self) -> dict[str, str]:
        """The names of the event's lists by slug, in their order."""
        return {slug: str(self.name_of(check_in_list)) for slug, check_in_list in self.device.all_lists.items()}


def look() -> Ground:
    """What the phone of this request looks at."""
    lang = current_language()
    event, shown = describe(g.device, lang)
    return Ground(g.device, event, shown, Scene(event, shown, clock.now()), lang)


def page(name: str, ground: Ground, status: int = 200, fragment: str | None = None, **context: Any) -> Response:
    """A page with the way to the others; `fragment` is what htmx gets instead."""
    return render(
        f"supervise/{name}.html", f"supervise/{fragment}.html" if fragment else None, status, ground=ground, texts=ground.texts,
        words=words, open_conflicts=queries.count_open(ground.device.event_id), here=name.partition("/")[0], **context,
    )  # fmt: skip


def see(endpoint: str, anchor: str) -> Response:
    """303 to a page, at the row that has changed."""
    return redirect(url_for(endpoint, _anchor=anchor), 303)  # type: ignore[return-value]


def is_sure() -> bool:
    """Whether the box was ticked that asks again."""
    return request.form.get("sure") == "yes"
