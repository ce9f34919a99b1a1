"""`gongzhong completion`: the script that lets a shell complete commands, options, calls, pushes and return codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from .options import option
from .words import print_plain

Shell = Literal["bash", "zsh", "fish"]


def completion(shell: Annotated[Shell, option("哪种 shell", "which shell")], /) -> None:
    from .application import build

    print_plain(build().generate_completion(shell=shell) + _names(shell, first_words()))


def first_words() -> Mapping[str, list[str]]:
    """What may follow a command: the calls of `call`, the pushes of `trigger`, the codes of `explain`."""
    from ..catalogue.codes import table
    from ..messages import EVENTS, MESSAGES
    from ..running.named_calls import everything

    return {
        "call": [one.name for one in everything()],
        "trigger": sorted({*MESSAGES, *EVENTS}),
        "explain": [str(code) for code in sorted(table())],
    }


def _names(shell: Shell, words: Mapping[str, list[str]]) -> str:
    if shell == "fish":
        return "".join(
            f"complete -c gongzhong -n '__fish_seen_subcommand_from {command}' -f -a '{' '.join(names)}'\n"
            for command, names in words.items()
        )
    position, word, add, fallback = (
        ('"$COMP_CWORD" -eq 2', "${COMP_WORDS[1]}", _BASH_ADD, "_gongzhong")
        if shell == "bash"
        else ('"$CURRENT" -eq 3', "${words[2]}", "compadd -- {names}", "_cyclopts_gongzhong")
    )
    cases = "\n".join(
        f"      {command}) {add.format(names=' '.join(names))}; return ;;" for command, names in words.items()
    )
    register = (
        "complete -F _gongzhong_names gongzhong" if shell == "bash" else "compdef _gongzhong_names gongzhong"
    )
    return f"""
_gongzhong_names() {{
  if [[ {position} ]]; then
    case "{word}" in
{cases}
    esac
  fi
  {fallback} "$@"
}}
{register}
"""


_BASH_ADD = (
    """[[ "${{COMP_WORDS[2]}}" != -* ]] && COMPREPLY=($(compgen -W '{names}' -- "${{COMP_WORDS[2]}}"))"""
)
