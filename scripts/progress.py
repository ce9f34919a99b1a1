"""Run a command that takes a while and show that it lives: what it is for, the seconds, its latest line.

Usage: progress.py 'what it does' COMMAND [ARGUMENT …]

On a terminal the line is rewritten; elsewhere one is printed every ten seconds. The output of a command that fails is
shown whole, and its exit status is ours.
"""

import shutil
import subprocess
import sys
import threading
import time
import unicodedata

EVERY_S = {True: 0.2, False: 10.0}  # on a terminal, and into a file


def cut(text: str, columns: int) -> str:
    """As much of a line as fits; a Chinese character is two columns wide."""
    used, kept = 0, ""
    for character in text:
        used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > columns:
            break
        kept += character
    return kept


class Progress:
    def __init__(self, purpose: str) -> None:
        self.purpose, self.began, self.latest = purpose, time.monotonic(), ""
        self.terminal = sys.stderr.isatty()
        self.over = threading.Event()

    def show(self) -> None:
        while not self.over.wait(EVERY_S[self.terminal]):
            self.say(f"{self.seconds()} {self.latest}")

    def seconds(self) -> str:
        return f"{time.monotonic() - self.began:.0f} s"

    def say(self, news: str, end: str = "") -> None:
        line = cut(f"{self.purpose} … {news}", shutil.get_terminal_size((120, 24)).columns - 1)
        sys.stderr.write(f"\r\x1b[K{line}{end}" if self.terminal else f"{line}\n")
        sys.stderr.flush()


def main() -> int:
    progress = Progress(sys.argv[1])
    if not progress.terminal:
        sys.stderr.write(f"{progress.purpose} …\n")
    ticker = threading.Thread(target=progress.show, daemon=True)
    ticker.start()
    output = []
    with subprocess.Popen(
        sys.argv[2:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as command:
        assert command.stdout is not None
        for line in command.stdout:
            output.append(line)
            progress.latest = "".join(c for c in line.strip() if c.isprintable()) or progress.latest
    progress.over.set()
    ticker.join()
    progress.say(progress.seconds(), end="\n")
    if command.returncode:
        sys.stderr.write("".join(output))
    return command.returncode


if __name__ == "__main__":
    sys.exit(main())
