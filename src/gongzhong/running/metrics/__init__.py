"""What a served program counts and measures, in Prometheus' text format.

table.py     every metric once: name, kind, labels, what it means; the text format
measure.py   one process: what its accounts, server and handlers have counted by now, as a snapshot
gateway_measure.py   the same of a gateway process
totals.py    the snapshots of all workers, added up; counts of workers that have ended stay
admin.py     /metrics, /healthz and /readyz on an address of their own
"""

from __future__ import annotations

from .admin import Admin, Health, read_address
from .measure import Measures
from .table import METRICS, Snapshot, text
from .totals import Totals

__all__ = ["METRICS", "Admin", "Health", "Measures", "Snapshot", "Totals", "read_address", "text"]
