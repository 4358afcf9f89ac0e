"""Organisers' work that spans domains; no tables. For now an event's settings, from the terminal."""
