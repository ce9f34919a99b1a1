"""The same targets with a fuzzer that is guided by coverage: python -m tests.fuzz.guided wire.read_xml -runs=100000

Needs atheris (`pip install atheris`), which exists for CPython 3.11 to 3.13 on Linux and macOS; without it this module
says so. What it finds belongs into the samples of the target, so that everybody's runs begin there.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory


def main(arguments: list[str]) -> None:
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed: pip install atheris")
    with atheris.instrument_imports(include=["gongzhong"]):
        from .targets import TARGETS
    from .test_fuzz import check

    named = {target.name: target for target in TARGETS}
    if len(arguments) < 2 or arguments[1] not in named:
        sys.exit(f"name a target: {', '.join(named)}")
    target = named[arguments[1]]
    with TemporaryDirectory() as corpus:
        for number, sample in enumerate(target.samples):
            (Path(corpus) / f"sample-{number}").write_bytes(sample)
        atheris.Setup([arguments[0], *arguments[2:], corpus], lambda data: check(target, data))
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
