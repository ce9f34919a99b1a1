"""Look into the built wheel: everything that the package needs at run time, and nothing else, must be inside.

Usage: check_wheel.py FOLDER (the folder holds exactly one wheel)
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
MUST_HAVE = [
    "gongzhong/py.typed",
    "gongzhong/console/static/index.html",
    "gongzhong/console/static/jweixin.js",
]


def source_files() -> list[str]:
    """What git knows below src/, as names inside the wheel."""
    listing = subprocess.run(
        ["git", "ls-files", "src"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    return [name.removeprefix("src/") for name in listing if name and (ROOT / name).exists()]


def import_from(wheel: Path) -> str | None:
    """Import the package from the unpacked wheel; what went wrong, or None."""
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(wheel).extractall(folder)
        code = (
            f"import sys; sys.path.insert(0, {folder!r}); import gongzhong; "
            f"assert gongzhong.__file__.startswith({folder!r}), gongzhong.__file__; "
            "[getattr(gongzhong, name) for name in gongzhong.__all__]"
        )
        done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
        return done.stderr if done.returncode else None


def problems(wheel: Path) -> list[str]:
    inside = set(zipfile.ZipFile(wheel).namelist())
    missing = sorted({*MUST_HAVE, *source_files()} - inside)
    strange = sorted(name for name in inside if not name.startswith(("gongzhong/", "gongzhong-")))
    found = [f"missing: {name}" for name in missing] + [f"does not belong: {name}" for name in strange]
    if not any(name.startswith("gongzhong/console/static/") and name.endswith(".js") for name in inside):
        found.append("missing: the scripts of the pages")
    failure = import_from(wheel)
    return [*found, f"does not import: {failure}"] if failure else found


def main() -> None:
    wheels = list(Path(sys.argv[1]).glob("*.whl"))
    if len(wheels) != 1:
        sys.exit(f"expected one wheel in {sys.argv[1]}, found {len(wheels)}")
    found = problems(wheels[0])
    if found:
        sys.exit("\n".join([f"{wheels[0].name}:", *found]))
    print(f"{wheels[0].name}: {wheels[0].stat().st_size // 1024} KB, complete, imports")


if __name__ == "__main__":
    main()
