"""`gongzhong completion`: the script that lets a shell complete commands and options."""

from __future__ import annotations

from typing import Annotated, Literal

from .options import option
from .words import print_plain


def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], option("哪种 shell", "which shell")], /
) -> None:
    from .application import build

    print_plain(build().generate_completion(shell=shell))
