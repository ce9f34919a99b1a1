"""What pictures and voices are said to contain, and voices that wait for their words."""

TABLES = """
CREATE TABLE recognised (
  kind TEXT NOT NULL, key TEXT NOT NULL, result TEXT NOT NULL, PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE voice_task (
  appid TEXT NOT NULL, voice_id TEXT NOT NULL, lang TEXT NOT NULL, digest TEXT NOT NULL, ready_at REAL NOT NULL,
  PRIMARY KEY (appid, voice_id)
) STRICT, WITHOUT ROWID;
"""
