"""Run the quick part of the tests on every Python of this machine that the project supports.

Each version gets an environment of its own, `.venv-3.12` and so on, installed from the lock files; versions that are
not there are named and passed over. Usage: scripts/test_pythons.py [VERSION …]
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
QUICK = ("wire", "messages", "catalogue", "client", "app", "web", "testing")
LOCKS = ("build.lock", "requirements.lock", "requirements-dev.lock")
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet")


def interpreter(version: str) -> str | None:
    """A Python of this version that can make virtual environments: from the PATH, else pyenv's newest."""
    newest = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"), reverse=True)
    for found in (shutil.which(f"python{version}"), *map(str, newest)):
        if found and subprocess.run([found, "-c", "import ensurepip"], capture_output=True).returncode == 0:
            return found
    return None


def environment(version: str, python: str) -> Path:
    """The environment's Python, made and installed unless it is newer than the locks."""
    folder = ROOT / f".venv-{version}"
    own, done = folder / "bin" / "python", folder / ".ok"
    needed = max((ROOT / name).stat().st_mtime for name in (*LOCKS, "pyproject.toml"))
    if done.exists() and done.stat().st_mtime >= needed:
        return own
    subprocess.run([python, "-m", "venv", folder], check=True)
    locks = [part for name in LOCKS for part in ("-r", str(ROOT / name))]
    subprocess.run([own, *PIP, "--require-hashes", *locks], check=True)
    subprocess.run([own, *PIP, "--no-deps", "--no-build-isolation", "-e", ROOT], check=True)
    done.touch()
    return own


def main(versions: list[str]) -> int:
    """Test them one after the other; 1 when one failed."""
    failed: list[str] = []
    for version in versions:
        python = interpreter(version)
        if python is None:
            print(f"Python {version}：这台机器上没有，跳过 / not on this machine, passed over")
            continue
        print(f"Python {version}：{python}", flush=True)
        folders = [f"tests/unit/{name}" for name in QUICK]
        command = [
            environment(version, python),
            "-m",
            "pytest",
            "-q",
            "-n",
            "auto",
            "-m",
            "not slow",
            *folders,
        ]
        if subprocess.run(command, cwd=ROOT).returncode:
            failed.append(version)
    if failed:
        print(f"失败 / failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(VERSIONS)))
