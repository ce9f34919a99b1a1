"""What people did with web pages."""

TABLES = """
CREATE TABLE page_share (
  id INTEGER PRIMARY KEY, appid TEXT NOT NULL, person TEXT NOT NULL, target TEXT NOT NULL, receiver TEXT NOT NULL,
  title TEXT NOT NULL, description TEXT NOT NULL, link TEXT NOT NULL, picture TEXT NOT NULL, time REAL NOT NULL
) STRICT;
CREATE INDEX page_share_of ON page_share (appid, id);
"""
