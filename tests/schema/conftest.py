"""Tests here need schemathesis, which has a lock and an environment of its own: `make test-schema`."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("schemathesis") else ["test_schema.py", "test_people_schema.py"]
