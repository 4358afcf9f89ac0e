"""What an error is called: each status has a title that is true of it, for people and for programs."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.exceptions import Gone, HTTPException, MethodNotAllowed, UnsupportedMediaType

from app.core import errors
from tests.conftest import HOST

TITLES = {
    400: "The request could not be understood", 401: "Not signed in", 403: "No permission", 404: "Page not found",
    405: "This does not work here", 409: "This is no longer possible", 410: "No longer valid", 413: "That is too large",
    415: "This did not work", 422: "Please check the form", 429: "Please wait a little",
    500: "Something went wrong", 502: "Something went wrong", 503: "Please try again in a moment",
}  # fmt: skip


@pytest.mark.parametrize(("status", "title"), TITLES.items())
def test_the_title_is_true_of_the_status(app: Flask, status: int, title: str) -> None:
    with app.test_request_context("/api/v1/scans", base_url=f"https://{HOST}"):
        problem = errors.answer(status, "some_code", None).get_json()
    with app.test_request_context("/en/", base_url=f"https://{HOST}"):
        page = errors.answer(status, "some_code", None).get_data(as_text=True)

    assert (problem["title"], problem["status"], f"<h1>{title}</h1>" in page) == (title, status, True)


@pytest.mark.parametrize(
    ("error", "code", "detail"),
    [
        (MethodNotAllowed(), "method_not_allowed", "This address cannot be used in this way."),
        (Gone(), "gone", "This request could not be carried out."),
        (UnsupportedMediaType(), "unsupported_media_type", "This request could not be carried out."),
    ],
)
def test_an_error_of_the_framework_is_said_in_words_that_are_true(
    app: Flask, error: HTTPException, code: str, detail: str
) -> None:
    with app.test_request_context("/api/v1/scans", base_url=f"https://{HOST}"):
        problem = app.make_response(app.handle_user_exception(error)).get_json()

    assert (problem["code"], problem["detail"]) == (code, detail)


def test_a_conflict_on_a_page_is_no_misunderstanding(app: Flask) -> None:
    class Late(errors.DomainError):
        status = 409
        message = "This registration cannot be changed any more."

    with app.test_request_context("/fi/", base_url=f"https://{HOST}"):
        page = app.make_response(app.handle_user_exception(Late())).get_data(as_text=True)

    assert "<h1>Tämä ei ole enää mahdollista</h1>" in page
    assert "<p>This registration cannot be changed any more.</p>" in page
