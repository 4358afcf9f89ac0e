"""The agenda of an event: rows, tracks, people, what is on now, calendars."""
