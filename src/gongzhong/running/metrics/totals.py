"""The snapshots of all workers, added up."""

from __future__ import annotations

from collections import Counter

from .table import Kind, Snapshot, metric_of


class Totals:
    """Adds up what workers report. Counts never go back: those of a worker that has ended are kept; gauges are not."""

    def __init__(self) -> None:
        self._latest: dict[int, Snapshot] = {}
        self._ended: Counter[str] = Counter()

    def report(self, worker: int, snapshot: Snapshot) -> None:
        """The newest snapshot of a worker, by its number, which is never used again."""
        self._latest[worker] = snapshot

    def end(self, worker: int) -> None:
        """The worker has ended: its last counts stay, its gauges go."""
        last = self._latest.pop(worker, None)
        if last is not None:
            self._ended.update(last.counters)

    def values(self) -> dict[str, float]:
        """Every series of all workers."""
        found: dict[str, float] = dict(self._ended)
        for snapshot in self._latest.values():
            for key, value in snapshot.counters.items():
                found[key] = found.get(key, 0) + value
            for key, value in snapshot.gauges.items():
                before = found.get(key)
                if before is None:
                    found[key] = value
                else:
                    greatest = metric_of(key).kind is Kind.GREATEST
                    found[key] = max(before, value) if greatest else before + value
        return found

    @classmethod
    def of(cls, snapshot: Snapshot) -> dict[str, float]:
        """Every series of one process."""
        return {**snapshot.counters, **snapshot.gauges}
