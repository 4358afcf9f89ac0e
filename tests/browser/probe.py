"""A small blueprint that notes what flask-htmx says of each request, and answers page or fragment as `render()` does."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template_string, request

from app.core.extensions import htmx
from app.core.web import access, wants_fragment

bp = Blueprint("probe", __name__)
seen: list[tuple[str, bool, bool, bool]] = []
PAGE = """{% extends "layout/base.html" %}{% block main %}<h1>{{ name }}</h1>
<p><a href="/probe/part" hx-get="/probe/part" hx-target="#out" hx-push-url="true">part</a></p>
<p><a href="/probe/boosted" hx-boost="true">boosted</a></p>
<p><a href="/probe/plain">plain</a></p>
<p id="out">nothing yet</p>{% endblock %}"""


@bp.get("/probe/<name>")
@access.public
def probe(name: str) -> Response:
    """The page called `name`, or for htmx its fragment; what flask-htmx said goes to `seen`."""
    seen.append((request.path, bool(htmx), htmx.boosted, htmx.history_restore_request))
    response = make_response(f"fragment {name}" if wants_fragment() else render_template_string(PAGE, name=name))
    response.headers["Cache-Control"] = "no-store"
    return response
