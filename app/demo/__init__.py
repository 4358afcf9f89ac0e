"""The demo's data and its loader."""
