"""Mail: an outbox that is written with what it tells of, and a sender that gives each mail to an SMTP server."""
