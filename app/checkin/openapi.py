"""The description of the API."""

DOCUMENT = {}
