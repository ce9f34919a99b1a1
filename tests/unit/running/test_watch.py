"""Changes of source files, by their modification times."""

from __future__ import annotations

import os
from pathlib import Path

from gongzhong.running.watch import Watch


def test_new_changed_and_removed_files_are_seen_once(tmp_path: Path) -> None:
    first, second = tmp_path / "a.py", tmp_path / "inner" / "b.py"
    second.parent.mkdir()
    first.write_text("1")
    watch = Watch(tmp_path)
    assert watch.changes() == []
    second.write_text("2")
    os.utime(first, ns=(1, 1))
    assert watch.changes() == [first, second]
    assert watch.changes() == []
    first.unlink()
    assert watch.changes() == [first]


def test_other_files_and_foreign_folders_do_not_count(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    for name in (".git", "node_modules", "__pycache__", "venv"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.py").write_text("")
    (tmp_path / "venv" / "pyvenv.cfg").write_text("")
    (tmp_path / "notes.txt").write_text("")
    assert watch.changes() == []
