"""The other SDKs, each in an environment of its own: exact versions from `peers/*.lock`, made when first needed.

They stay out of the project's environment, so that neither side runs with the other's libraries.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from servers import BENCHMARKS


def peer(name: str) -> Path:
    """The Python of a peer's environment beside the project; made anew when its lock file has changed.

    Raises CalledProcessError when pip cannot install what is locked.
    """
    lock = BENCHMARKS / "peers" / f"{name}.lock"
    home = BENCHMARKS.parent / f".venv-bench-{name}"
    python, stamp = home / "bin" / "python", home / "locked"
    locked = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != locked:
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True)
        stamp.write_text(locked)
    return python
