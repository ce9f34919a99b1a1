"""The version, read from what is installed, so that it is written down in one place only."""

from __future__ import annotations

from functools import cache


@cache
def version() -> str:
    """The version of the installed package. Importing the reader of metadata takes longer than all of gongzhong."""
    from importlib import metadata

    return metadata.version("gongzhong")
