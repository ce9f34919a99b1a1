"""Writes the reference of all settings into docs/operation.md and its Chinese page, between their marks."""

from __future__ import annotations

from pathlib import Path

from gongzhong.config.reference import reference

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {"en": DOCS / "operation.md", "zh": DOCS / "operation.zh-CN.md"}
BEGIN, END = "<!-- settings -->", "<!-- /settings -->"


def main() -> None:
    for lang, page in PAGES.items():
        text = page.read_text("utf-8")
        before, after = text.partition(BEGIN)[0], text.partition(END)[2]
        page.write_text(f"{before}{BEGIN}\n\n{reference(lang)}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
