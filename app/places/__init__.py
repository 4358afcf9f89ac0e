"""Municipalities, their names in every language, venues and rooms."""
