"""The command line. Every command is a thin face of a function that a program can call too."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its status: 0 done, 1 failed, 2 usage, 3 set-up, 4 network, 130 interrupted."""
    from .outcome import run

    raise SystemExit(run(arguments))
