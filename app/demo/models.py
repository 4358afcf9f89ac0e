"""What the demo remembers of its own work."""

from __future__ import annotations

import uuid

from sqlalchemy import Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model


class DemoEvent(Model):
    """An event that the demo has put in once. Where it is gone somebody deleted it, and it stays so: hence no foreign key."""

    __tablename__ = "demo_events"

    event_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
