"""Handlers keep their types under every decorator, and a wrong one is found before it runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_mypy_accepts_handlers_and_refuses_what_is_none() -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "tests/typing/handlers.py"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
