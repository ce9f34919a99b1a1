"""`gongzhong completion`: the script that lets a shell complete commands and options."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from .words import print_plain, say


def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(help=say("哪种 shell", "which shell"))], /
) -> None:
    from .application import build

    print_plain(build().generate_completion(shell=shell))
