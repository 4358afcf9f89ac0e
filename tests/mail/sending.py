"""A sender in a process of its own: `python -m tests.mail.sending DATABASE SMTP_URL`; says how many mails it sent."""

from __future__ import annotations

import sys

from app import create_app
from app.core import clock
from app.mail.sender import send_due
from app.mail.service import Mail
from app.mail.transports import SmtpTransport
from tests.conftest import settings_for

if __name__ == "__main__":
    database, server = sys.argv[1:]
    app = create_app(settings_for(database))
    app.extensions["mail_renderers"]["note"] = lambda subject, variant: Mail("anna@example.org", "Hello", "The text.")
    with app.app_context():
        print(send_due(SmtpTransport.at(server), clock.now()).sent)
