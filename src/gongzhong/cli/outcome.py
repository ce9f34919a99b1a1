"""Running one command line: its exit status, and how errors are shown.

    0 done   1 failed, or something is wrong   2 wrong usage   3 set-up cannot work   4 no usable answer
    130 interrupted

An error of this package is shown as what happened and what to do; with --debug as a traceback. An exception of the
user's own program keeps its traceback, from the program's first line on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final

from cyclopts import CycloptsError

from ..errors import CallError, GongzhongError, SetupError, TransportError, missing_extra
from ..running.target import ProgramError, is_foreign
from .usage import Usage, usage_of
from .words import err, harmless, print_json, say

__all__ = ["DONE", "FAILED", "INTERRUPTED", "NETWORK", "SETUP", "USAGE", "Usage", "run"]

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
SETUP: Final = 3
NETWORK: Final = 4
INTERRUPTED: Final = 130

DEBUG: Final = "--debug"
JSON: Final = "--json"


def status_of(error: GongzhongError) -> int:
    """The exit status for an error."""
    if isinstance(error, Usage):
        return USAGE
    if isinstance(error, SetupError):
        return SETUP
    return NETWORK if isinstance(error, TransportError) else FAILED


def run(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command line and return its exit status."""
    from .application import build

    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = DEBUG in given
    words = [word for word in given if word != DEBUG]
    try:
        result = build()(words, result_action="return_value", print_error=False, exit_on_error=False)
    except CycloptsError as error:
        if debug:
            raise
        return _failed(usage_of(error), as_json=JSON in words)
    except GongzhongError as error:
        if debug:
            raise
        return _failed(error, as_json=JSON in words)
    except ImportError as error:
        missing = missing_extra(error)
        if missing is not None and not debug:
            return _failed(missing, as_json=JSON in words)
        if debug or not show_foreign(error):
            raise
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else DONE
    except Exception as error:
        if debug or not show_foreign(error):
            raise
        return FAILED
    return result if isinstance(result, int) else DONE


def _failed(error: GongzhongError, *, as_json: bool) -> int:
    show(error)
    if as_json:
        print_json({"error": as_fields(error)})
    return status_of(error)


def as_fields(error: GongzhongError) -> dict[str, Any]:
    """An error for scripts: what is shown, its kind, WeChat's code or the line of the program."""
    more: dict[str, Any] = {}
    if isinstance(error, CallError):
        more = {"errcode": error.errcode, "rid": error.rid}
    elif isinstance(error, ProgramError):
        more = {"file": error.file, "line": error.line}
    kind = type(error).__name__
    return {
        "kind": kind,
        "zh": error.zh,
        "en": error.en,
        "fix_zh": error.fix_zh,
        "fix_en": error.fix_en,
        **more,
    }


def show_foreign(error: BaseException) -> bool:
    """The traceback of a mistake in the served program, from its own first line on; False if it is not its mistake."""
    import traceback

    told = traceback.TracebackException.from_exception(error)
    foreign = next((n for n, frame in enumerate(told.stack) if is_foreign(frame.filename)), None)
    if foreign is None:
        return False
    del told.stack[:foreign]
    sys.stderr.write(harmless("".join(told.format())))
    return True


def show(error: GongzhongError) -> None:
    """An error as a panel on standard error, after the lines of the user's program that led to it."""
    from rich.panel import Panel
    from rich.text import Text

    if isinstance(error, ProgramError):
        sys.stderr.write(harmless(error.trace))
    err().print(
        Panel(Text(error.text()), title=say("出错了", "Error"), title_align="left", border_style="red")
    )
