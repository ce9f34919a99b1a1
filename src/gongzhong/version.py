"""The version, read from what is installed, so that it is written down in one place only."""

from __future__ import annotations

from importlib.metadata import version

VERSION = version("gongzhong")
