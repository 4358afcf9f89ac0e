"""Residents' screens that span domains; no tables of its own."""
