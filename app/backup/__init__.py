"""Backups of the database, and bringing one back without bringing back what was erased since."""
