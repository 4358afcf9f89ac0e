"""Registrations, attendees, tickets and their QR codes."""
