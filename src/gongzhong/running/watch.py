"""Which source files changed: by looking at modification times, which works on every file system."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

POLL_S = 0.5
SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages"})


class Watch:
    """Python files below a folder. Hidden folders, virtual environments and packages of others are left out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._look()

    def changes(self) -> list[Path]:
        """The files that were added, removed or changed since the last call."""
        before, self._seen = self._seen, self._look()
        return sorted(path for path in {*before, *self._seen} if before.get(path) != self._seen.get(path))

    async def wait(self) -> list[Path]:
        """Return when something has changed."""
        while True:
            await asyncio.sleep(POLL_S)
            changed = await asyncio.to_thread(self.changes)
            if changed:
                return changed

    def _look(self) -> dict[Path, int]:
        found: dict[Path, int] = {}
        for folder, names, files in os.walk(self._folder):
            names[:] = [
                name
                for name in names
                if not name.startswith(".")
                and name not in SKIPPED
                and not Path(folder, name, "pyvenv.cfg").exists()
            ]
            for file in files:
                if file.endswith(".py"):
                    path = Path(folder, file)
                    try:
                        found[path] = path.stat().st_mtime_ns
                    except OSError:
                        continue
        return found
