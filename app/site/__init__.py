"""Residents' pages that span domains: home, towns, events, programme, print, feeds; no tables."""
