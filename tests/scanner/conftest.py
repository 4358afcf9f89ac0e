"""The check-in tests' event, door and phone."""

from tests.checkin.conftest import door, later, rows, ticket

__all__ = ["door", "later", "rows", "ticket"]
