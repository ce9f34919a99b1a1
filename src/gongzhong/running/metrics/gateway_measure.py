"""What a gateway process has counted and measured by now, and whether it is ready."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Final

from ...errors import StateDown
from ...gateway import CallRecord, Gateway
from .admin import Health
from .measure import ANY_KEY, CHECK_EVERY_S, client_gauges, count_token_fetch, look_for_lag, process_gauges
from .table import Histogram, Snapshot, series

ALONE: Final = {
    "calls_not_recorded": "gongzhong_gateway_calls_not_recorded_total",
    "calls_not_counted": "gongzhong_gateway_calls_not_counted_total",
}
WORKER: Final = "0"
STATUS_OK: Final = 200


def result_of(call: CallRecord) -> str:
    """How a call ended: `ok`, the return code, `broken_off` without a whole answer, `http_502` for a bare status."""
    if call.errcode:
        return str(call.errcode)
    if call.status == STATUS_OK:
        return "ok"
    return f"http_{call.status}" if call.status else "broken_off"


class GatewayMeasures:
    """Measures a gateway on the running event loop. `start` once the gateway has been started."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._counters: dict[str, float] = {}
        self._took = Histogram()
        self._state_up: bool | None = None
        self._lag: dict[str, float] = {}
        self._tasks: list[asyncio.Task[None]] = []
        gateway.audit.told = self._called
        for appid, upstream in gateway.upstreams.items():
            upstream.client.listeners.append(partial(count_token_fetch, self._counters, appid))

    def start(self) -> None:
        """Begin to look at the state and the event loop."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._check()), loop.create_task(look_for_lag(self._lag))]

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    def health(self) -> Health:
        """Whether calls should be sent here: `starting`, `database` and `state` say why not."""
        if self._state_up is None:
            return Health(False, ("starting",))
        reasons = ["database"] if self._gateway.keys.down is not None else []
        if not self._state_up:
            reasons.append("state")
        return Health(not reasons, tuple(reasons))

    def snapshot(self) -> Snapshot:
        """Everything by now."""
        counters = dict(self._counters)
        for name, metric in ALONE.items():
            if count := self._gateway.counters[name]:
                counters[metric] = count
        self._took.write(counters, "gongzhong_gateway_call_seconds")
        counters["gongzhong_worker_cpu_seconds_total"] = time.process_time()
        gauges = process_gauges(WORKER) | self._lag
        gauges["gongzhong_gateway_calls_waiting"] = self._gateway.audit.waiting
        for appid, upstream in self._gateway.upstreams.items():
            gauges |= client_gauges(upstream.client, appid)
        if self._state_up is not None:
            gauges[series("gongzhong_state_up", worker=WORKER)] = float(self._state_up)
        return Snapshot(counters, gauges)

    def _called(self, call: CallRecord) -> None:
        labels = {"account": call.appid, "key": call.key}
        result = result_of(call)
        for key, number in (
            (series("gongzhong_gateway_calls_total", **labels, result=result), 1),
            (series("gongzhong_gateway_bytes_total", **labels, direction="received"), call.received),
            (series("gongzhong_gateway_bytes_total", **labels, direction="sent"), call.sent),
        ):
            self._counters[key] = self._counters.get(key, 0) + number
        self._took.add(call.seconds)

    async def _check(self) -> None:
        while True:
            try:
                await self._gateway.state.get(ANY_KEY)
            except StateDown:
                self._state_up = False
            else:
                self._state_up = True
            await asyncio.sleep(CHECK_EVERY_S)
