"""A process that ends with the one that started it."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.heavy

CHILD = """
import time
from gongzhong.clock import Clock
from gongzhong.running.child import end_with_parent
end_with_parent()
for _ in range(2000):
    if Clock.ahead_s:
        break
    time.sleep(0.01)
print(Clock.ahead_s, flush=True)
time.sleep(20)
"""


def test_a_line_that_is_no_number_is_passed_over_and_the_end_of_input_still_ends_it() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", CHILD], stdin=pipe, stdout=pipe, bufsize=0) as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(b"soon\n\n86400.000\n")
        assert child.stdout.readline() == b"86400.0\n"
        child.stdin.close()
        assert child.wait(60) == -signal.SIGTERM
