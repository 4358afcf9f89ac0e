"""Which Chromium the browser tests use."""

from __future__ import annotations

from pathlib import Path

WHOLE = Path("/usr/bin/chromium")
# Debian's shell is the same engine without windows and tabs around it, which nobody looks at here: half the work.
SHELL = Path("/usr/bin/chromium-headless-shell")
CHROMIUM = next((program for program in (SHELL, WHOLE) if WHOLE.exists() and program.exists()), None)
