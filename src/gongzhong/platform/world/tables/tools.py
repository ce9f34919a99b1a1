"""What the tools of the platform remember: faults that somebody ordered, and what a snapshot says about itself."""

TABLES = """
CREATE TABLE fault (
  id INTEGER PRIMARY KEY, side TEXT NOT NULL, appid TEXT NOT NULL, target TEXT NOT NULL, kind TEXT NOT NULL,
  rate REAL NOT NULL, seed INTEGER NOT NULL, errcode INTEGER NOT NULL, status INTEGER NOT NULL, delay_s REAL NOT NULL,
  carried_out INTEGER NOT NULL, times INTEGER, draws INTEGER NOT NULL DEFAULT 0, hits INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE snapshot_mark (now REAL NOT NULL, saved_at REAL NOT NULL) STRICT;
"""
