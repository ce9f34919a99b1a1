"""mypy and pyright agree on what the clients' methods take and give."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parents[2]
SUBJECT = Path(__file__).with_name("clients.py")
PYRIGHT = ROOT / "web" / "node_modules" / ".bin" / "pyright"

EXPECTED = {
    number: found[1].strip()
    for number, line in enumerate(SUBJECT.read_text("utf-8").splitlines(), 1)
    if (found := re.search(r"reveal_type\(.*\)  # (.+)", line))
}


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def plain(shown: str) -> str:
    """A revealed type without module names and default values, which the checkers write each in its way."""
    shown = re.sub(r" = \"[^\"]*\"", " =", shown.replace("def (", "("))
    return re.sub(r"\b[a-z_.]+\.(?=[A-Z])", "", shown)


def revealed(output: str, pattern: str) -> dict[int, str]:
    return {int(line): plain(shown) for line, shown in re.findall(pattern, output)}


def test_mypy_sees_every_parameter_and_result() -> None:
    output = run(sys.executable, "-m", "mypy", "--strict", str(SUBJECT))
    assert revealed(output, r'clients\.py:(\d+): note: Revealed type is "(.+)"') == EXPECTED


@pytest.mark.skipif(
    not PYRIGHT.exists() or shutil.which("node") is None,
    reason="pyright comes with the dependencies of the pages: make lint",
)
def test_pyright_sees_every_parameter_and_result() -> None:
    output = run(str(PYRIGHT), "--pythonpath", sys.executable, str(SUBJECT))
    assert revealed(output, r'clients\.py:(\d+):\d+ - information: Type of "[^"]+" is "(.+)"') == EXPECTED


@pytest.mark.parametrize("module", ["gongzhong", "gongzhong.testing", "gongzhong.platform"])
def test_mypy_refuses_a_name_that_is_misspelt(module: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(f"from {module} import Misspelt\n", "utf-8")
    done = subprocess.run([sys.executable, "-m", "mypy", program], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert f'Module "{module}" has no attribute "Misspelt"' in done.stdout
