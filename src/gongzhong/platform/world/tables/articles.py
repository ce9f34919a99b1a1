"""Drafts, publications, their pages, who read them, and what was written under them."""

TABLES = """
CREATE TABLE draft (
  media_id TEXT PRIMARY KEY, appid TEXT NOT NULL, articles TEXT NOT NULL, preview TEXT NOT NULL UNIQUE,
  listed INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX draft_of ON draft (appid, updated_at);
CREATE TABLE publication (
  article_id TEXT PRIMARY KEY, appid TEXT NOT NULL, msg_data_id INTEGER NOT NULL UNIQUE, via TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX publication_of ON publication (appid, via, created_at);
CREATE TABLE article (
  key TEXT PRIMARY KEY, article_id TEXT NOT NULL, idx INTEGER NOT NULL, document TEXT NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0, banned INTEGER NOT NULL DEFAULT 0, comments_open INTEGER NOT NULL,
  fans_only INTEGER NOT NULL, UNIQUE (article_id, idx)
) STRICT;
CREATE TABLE publish_job (
  publish_id INTEGER PRIMARY KEY, appid TEXT NOT NULL, media_id TEXT NOT NULL, msg_data_id INTEGER NOT NULL,
  status INTEGER NOT NULL, article_id TEXT, fail_idx TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE TABLE publish_plan (
  appid TEXT PRIMARY KEY, status INTEGER NOT NULL, fail_idx TEXT NOT NULL, always INTEGER NOT NULL
) STRICT;
CREATE TABLE comment (
  id INTEGER PRIMARY KEY AUTOINCREMENT, article TEXT NOT NULL, openid TEXT NOT NULL, person TEXT NOT NULL,
  content TEXT NOT NULL, time INTEGER NOT NULL, selected INTEGER NOT NULL DEFAULT 0,
  withdrawn INTEGER NOT NULL DEFAULT 0, reply TEXT, reply_time INTEGER
) STRICT;
CREATE INDEX comment_on ON comment (article, id);
CREATE TABLE read_event (
  id INTEGER PRIMARY KEY, appid TEXT NOT NULL, article TEXT NOT NULL, msg_data_id INTEGER NOT NULL,
  idx INTEGER NOT NULL, openid TEXT NOT NULL, act TEXT NOT NULL, source TEXT NOT NULL, time REAL NOT NULL
) STRICT;
CREATE INDEX read_event_of ON read_event (appid, time);
CREATE INDEX read_event_on ON read_event (article, act);
CREATE TABLE product_card (
  appid TEXT NOT NULL, product_key TEXT NOT NULL, product_id TEXT NOT NULL, PRIMARY KEY (appid, product_key)
) STRICT, WITHOUT ROWID;
"""
