"""Which Chromium the browser tests use."""

from __future__ import annotations

from pathlib import Path

# Debian's shell is the same engine without windows and tabs around it, which nobody looks at here: half the work.
PROGRAMS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
CHROMIUM = next((program for program in PROGRAMS if program.exists()), None)
