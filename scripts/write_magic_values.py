"""Write docs/magic-values.md from the code, after its list has changed."""

from pathlib import Path

from gongzhong.platform.world import faults

(Path(__file__).parents[1] / "docs" / "magic-values.md").write_text(faults.document(), "utf-8")
