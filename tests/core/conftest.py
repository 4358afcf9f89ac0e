"""Tests that need a PostgreSQL server of their own belong to the run on PostgreSQL: they are not collected in the other."""

from __future__ import annotations

import os

collect_ignore = [] if os.environ.get("TEST_DATABASE_URL") else ["test_postgres.py", "test_pooler.py"]
