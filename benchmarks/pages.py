"""How the pages feel: the figures that were promised, measured in Chromium on a platform with a data directory.

    python benchmarks/pages.py [--quick] [--json]        make bench-pages

Wants an idle machine with two cores: the browser, the platform and the load share them. First view and its size; a push
from the tap to its pending row; a thousand calls a second beside a list of ten thousand rows that is scrolled: frames,
long tasks, memory; a restart of the platform, until the page is connected again, and whether a row is missing.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from playwright.sync_api import CDPSession, Page, sync_playwright
from results import Result, table
from rich.console import Console

from gongzhong.running.control import Control
from gongzhong.running.listening import free_port

STATIC = Path(__file__).parents[1] / "src" / "gongzhong" / "console" / "static"
ROWS, FEW_ROWS = 10_000, 2_000
CALLS_A_SECOND = 1_000
READY_MS, FIRST_VIEW_KB, PENDING_MS = 300.0, 150.0, 60.0
FRAME_MS, TASK_MS, MEMORY_MB, RECONNECTED_S = 17.0, 100.0, 80.0, 3.0
PROGRAM = """
import asyncio
from gongzhong import OfficialAccount, Text

oa = OfficialAccount.from_env()

@oa.text("慢")
async def slow(message: Text) -> str:
    await asyncio.sleep(2)
    return "好"
"""
LOAD = """
import asyncio, sys, time

async def main(port, rate, seconds):
    request = b"GET /cgi-bin/get_api_domain_ip?access_token=none HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n"
    async def lane(share):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        began, count = time.perf_counter(), int(share * seconds)
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / share - time.perf_counter()))
            writer.write(request)
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            lines = head.lower().split(b"\\r\\n")
            length = next(int(line.split(b":")[1]) for line in lines if b"content-length" in line)
            await reader.readexactly(length)
    began = time.perf_counter()
    await asyncio.gather(*(lane(rate / 8) for _ in range(8)))
    print(time.perf_counter() - began)

asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
"""
WATCH = """() => {
  window.frames_ = []; window.tasks_ = []
  const note = (list) => list.getEntries().forEach((one) => tasks_.push(one.duration))
  new PerformanceObserver(note).observe({ type: 'longtask' })
  let last = performance.now()
  const tick = (now) => { frames_.push(now - last); last = now; window.watching_ = requestAnimationFrame(tick) }
  requestAnimationFrame(tick)
}"""
PENDING = """async ([person, appid]) => {
  const list = document.querySelector('[data-testid=traffic-list]')
  const before = new Set([...list.querySelectorAll('[data-number]')].map((row) => row.dataset.number))
  const seen = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      const row = [...list.querySelectorAll('[data-state=wait]')].find((one) => !before.has(one.dataset.number))
      if (row) { observer.disconnect(); resolve(performance.now()) }
    })
    observer.observe(list, { childList: true, subtree: true, attributes: true })
  })
  const began = performance.now()
  await fetch(`/_platform/people/${encodeURIComponent(person)}/say`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ appid, content: '慢' }),
  })
  return (await seen) - began
}"""


class Bed(NamedTuple):
    """A running session of development."""

    port: int
    control: Control
    appid: str


class Dev:
    """`gongzhong dev` with a slow program and a data directory; can be started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        (folder / "bench_program.py").write_text(PROGRAM, "utf-8")

    @contextmanager
    def running(self) -> Iterator[Bed]:
        command = [sys.executable, "-m", "gongzhong", "dev", "bench_program.py:oa", "--no-open"]
        command += ["--port", str(self.port), "--data", str(self.folder / "data")]
        process = subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
        control = Control(f"http://127.0.0.1:{self.port}")
        try:
            yield Bed(self.port, control, _account(control))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _account(control: Control) -> str:
    """The AppID, as soon as the program's URL is verified."""
    for _ in range(600):
        try:
            found = next((one for one in control.get("state")["accounts"] if one["url"]), None)
        except Exception:
            found = None
        if found:
            return str(found["appid"])
        time.sleep(0.1)
    raise RuntimeError("the program did not start")


def load(port: int, rate: float, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", LOAD, str(port), str(rate), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _at_most(what: str, unit: str, value: float, limit: float) -> Result:
    return Result(what, unit, value, target=f"≤ {limit:g}", reached=value <= limit)


def opened(page: Page, bed: Bed) -> float:
    """Open the first view; milliseconds until it is ready, as the browser counts them."""
    page.goto(f"http://gongzhong.localhost:{bed.port}/")
    page.wait_for_selector("[data-testid=ready]")
    return float(page.evaluate("performance.now()"))


def first_view(page: Page, bed: Bed) -> list[Result]:
    """The best of five, as a browser that has other work shows no more than that; and the size of what was loaded."""
    best = min(opened(page, bed) for _ in range(5))
    names = page.evaluate("performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)")
    files = {STATIC / name.removeprefix("/_platform/pages/") for name in names if "/pages/assets/" in name}
    size = sum(len(gzip.compress(file.read_bytes())) for file in files | {STATIC / "index.html"}) / 1024
    return [
        _at_most("第一屏 ready", "ms", best, READY_MS),
        _at_most("第一屏大小 first view, gzip", "KiB", size, FIRST_VIEW_KB),
    ]


def pending(page: Page, bed: Bed) -> Result:
    waits = []
    for _ in range(7):
        waits.append(page.evaluate(PENDING, ["bench", bed.appid]))
        time.sleep(2.4)
    return _at_most("推送出现 push pending on the page", "ms", sorted(waits)[len(waits) // 2], PENDING_MS)


def flood(page: Page, bed: Bed, rows: int) -> list[Result]:
    """Fill the list, then scroll it while a thousand calls a second come in."""
    load(bed.port, CALLS_A_SECOND, rows / CALLS_A_SECOND).communicate()
    page.wait_for_function(
        "(count) => Number(document.querySelector('[data-testid=traffic-list]').getAttribute('aria-rowcount')) !== 1"
        " && document.querySelectorAll('[data-testid=traffic-row]').length > 10",
        arg=rows,
    )
    seconds = 10.0 if rows == ROWS else 4.0
    page.evaluate(WATCH)
    client = page.context.new_cdp_session(page)
    client.send("Performance.enable")
    busy = _thread_s(client)
    calls = load(bed.port, CALLS_A_SECOND, seconds)
    box = page.locator("[data-testid=traffic-list]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        page.mouse.wheel(0, 400)
        time.sleep(0.05)
    took = float(calls.communicate()[0])
    frames = sorted(page.evaluate("(cancelAnimationFrame(watching_), frames_.slice(1))"))
    longest = max([0.0, *page.evaluate("tasks_")])
    share = 100 * (_thread_s(client) - busy) / took
    client.send("HeapProfiler.collectGarbage")
    heap = client.send("Runtime.getHeapUsage")["usedSize"] / 1024 / 1024
    return [
        Result("收到的调用 calls a second", "/s", CALLS_A_SECOND * seconds / took),
        _at_most("帧 frame, 95%", "ms", frames[len(frames) * 95 // 100], FRAME_MS),
        _at_most("最长任务 longest task", "ms", longest, TASK_MS),
        _at_most("内存 memory of the tab", "MB", heap, MEMORY_MB),
        Result("处理器 main thread's share of a core", "%", share),
    ]


def _thread_s(client: CDPSession) -> float:
    """Processor time of the page's main thread in seconds, which a busy machine leaves as it is."""
    metrics = client.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "ThreadTime"))


def numbers(control: Control) -> list[int]:
    """The numbers of all rows that the platform holds."""
    found: list[int] = []
    before = 0
    while True:
        page = control.get(f"rows?limit=1000&before={before}")
        found += [row["number"] for row in page["rows"]]
        if not page["more"]:
            return found
        before = page["before"]


def restart(page: Page, dev: Dev, known: list[int]) -> list[Result]:
    """Seconds from the moment at which the platform listens until the page shows what is new; rows that are gone."""
    with dev.running() as bed:
        up = time.monotonic()
        page.wait_for_function(
            "() => document.querySelector('[data-testid=live-status]')?.dataset.connected === 'true'",
            timeout=30_000,
        )
        bed.control.post("people/bench/say", {"appid": bed.appid, "content": "慢"})
        page.evaluate("document.querySelector('[data-testid=traffic-list]').scrollTop = 0")
        page.wait_for_selector("[data-testid=traffic-row][data-state=wait]", timeout=30_000)
        seconds = time.monotonic() - up
        lost = len(set(known) - set(numbers(bed.control)))
    return [
        _at_most("重启后恢复 reconnected after a restart", "s", seconds, RECONNECTED_S),
        Result("重启丢失 rows lost", "行", float(lost), target="0", reached=not lost),
    ]


def measure(quick: bool) -> list[Result]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    rows = FEW_ROWS if quick else ROWS
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        dev = Dev(Path(folder))
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        with dev.running() as bed:
            bed.control.post("people", {"name": "bench"})
            bed.control.post("people/bench/follow?wait=1", {"appid": bed.appid})
            found = [*first_view(page, bed), pending(page, bed), *flood(page, bed, rows)]
            known = numbers(bed.control)
        found += restart(page, dev, known)
        browser.close()
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--quick", action="store_true", help="fewer rows")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    found = measure(chosen.quick)
    if chosen.json:
        rows: list[dict[str, Any]] = [
            {"what": one.what, "unit": one.unit, "value": one.value, "reached": one.reached} for one in found
        ]
        print(json.dumps(rows, ensure_ascii=False))
        return
    Console().print(table(found))
    one, five, _ = os.getloadavg()
    print(f"load {one:.1f} {five:.1f}")


if __name__ == "__main__":
    main()
