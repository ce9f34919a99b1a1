"""Accounts, people, credentials, counts and everything else that every chapter stands on."""

TABLES = """
CREATE TABLE account (
  appid TEXT PRIMARY KEY, original_id TEXT NOT NULL UNIQUE, position INTEGER NOT NULL, document TEXT NOT NULL
) STRICT;
CREATE TABLE person (
  name TEXT PRIMARY KEY, nickname TEXT NOT NULL, headimgurl TEXT NOT NULL DEFAULT '', sex INTEGER NOT NULL DEFAULT 0,
  language TEXT NOT NULL DEFAULT 'zh_CN', platform TEXT NOT NULL DEFAULT '2', closed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE relation (
  id INTEGER PRIMARY KEY, appid TEXT NOT NULL, openid TEXT NOT NULL, person TEXT,
  subscribed INTEGER NOT NULL DEFAULT 0, subscribe_time INTEGER NOT NULL DEFAULT 0,
  subscribe_scene TEXT NOT NULL DEFAULT 'ADD_SCENE_SEARCH', qr_scene INTEGER NOT NULL DEFAULT 0,
  qr_scene_str TEXT NOT NULL DEFAULT '', remark TEXT NOT NULL DEFAULT '', blacklisted INTEGER NOT NULL DEFAULT 0,
  refuses INTEGER NOT NULL DEFAULT 0, reports_location INTEGER NOT NULL DEFAULT 0,
  UNIQUE (appid, openid), UNIQUE (appid, person)
) STRICT;
CREATE INDEX relation_followers ON relation (appid, subscribed, id);
CREATE INDEX relation_blacklist ON relation (appid, id) WHERE blacklisted = 1;
CREATE TABLE tag (appid TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (appid, id)) STRICT;
CREATE TABLE tagging (
  appid TEXT NOT NULL, tag INTEGER NOT NULL, relation INTEGER NOT NULL, position INTEGER NOT NULL,
  PRIMARY KEY (appid, tag, relation)
) STRICT, WITHOUT ROWID;
CREATE INDEX tagging_of ON tagging (relation);
CREATE TABLE token (
  value TEXT PRIMARY KEY, appid TEXT NOT NULL, kind TEXT NOT NULL, issued_at REAL NOT NULL, expires_at REAL NOT NULL,
  replaced_at REAL
) STRICT;
CREATE INDEX token_of ON token (appid, kind, issued_at);
CREATE TABLE ticket (
  value TEXT PRIMARY KEY, appid TEXT NOT NULL, kind TEXT NOT NULL, expires_at REAL NOT NULL
) STRICT;
CREATE TABLE quota (
  appid TEXT NOT NULL, period TEXT NOT NULL, path TEXT NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY (appid, period, path)
) STRICT, WITHOUT ROWID;
CREATE TABLE failure (
  rid TEXT PRIMARY KEY, appid TEXT NOT NULL, time INTEGER NOT NULL, cost_ms INTEGER NOT NULL, query TEXT NOT NULL,
  request TEXT NOT NULL, response TEXT NOT NULL, client_ip TEXT NOT NULL
) STRICT;
CREATE TABLE menu (
  appid TEXT NOT NULL, menuid INTEGER NOT NULL, matchrule TEXT, button TEXT NOT NULL, PRIMARY KEY (appid, menuid)
) STRICT;
CREATE TABLE template (
  appid TEXT NOT NULL, template_id TEXT NOT NULL, short_id TEXT NOT NULL, title TEXT NOT NULL, content TEXT NOT NULL,
  example TEXT NOT NULL DEFAULT '', primary_industry TEXT NOT NULL DEFAULT '', deputy_industry TEXT NOT NULL DEFAULT '',
  blocked INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (appid, template_id)
) STRICT;
CREATE TABLE industry (
  appid TEXT PRIMARY KEY, primary_id INTEGER NOT NULL, secondary_id INTEGER NOT NULL, month TEXT NOT NULL
) STRICT;
CREATE TABLE sent_once (
  appid TEXT NOT NULL, openid TEXT NOT NULL, client_msg_id TEXT NOT NULL, msgid INTEGER NOT NULL, time REAL NOT NULL,
  PRIMARY KEY (appid, openid, client_msg_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE allowance (
  appid TEXT NOT NULL, openid TEXT NOT NULL, kind TEXT NOT NULL, remaining INTEGER NOT NULL, expires_at REAL NOT NULL,
  PRIMARY KEY (appid, openid, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE typing (
  appid TEXT NOT NULL, openid TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (appid, openid)
) STRICT, WITHOUT ROWID;
CREATE TABLE qrcode (
  ticket TEXT PRIMARY KEY, appid TEXT NOT NULL, url TEXT NOT NULL UNIQUE, scene_id INTEGER, scene_str TEXT,
  expires_at REAL
) STRICT;
CREATE TABLE short_key (
  key TEXT PRIMARY KEY, appid TEXT NOT NULL, long_data TEXT NOT NULL, created_at INTEGER NOT NULL,
  expires_at REAL NOT NULL
) STRICT;
CREATE TABLE media (
  media_id TEXT PRIMARY KEY, appid TEXT NOT NULL, kind TEXT NOT NULL, permanent INTEGER NOT NULL DEFAULT 0,
  source TEXT NOT NULL DEFAULT 'api', content BLOB NOT NULL, content_type TEXT NOT NULL, filename TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT '', title TEXT NOT NULL DEFAULT '', description TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL, expires_at REAL
) STRICT;
CREATE TABLE grant_code (
  code TEXT PRIMARY KEY, appid TEXT NOT NULL, openid TEXT NOT NULL, scope TEXT NOT NULL, snapshot INTEGER NOT NULL,
  expires_at REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE web_token (
  refresh_token TEXT PRIMARY KEY, access_token TEXT NOT NULL UNIQUE, appid TEXT NOT NULL, openid TEXT NOT NULL,
  scope TEXT NOT NULL, snapshot INTEGER NOT NULL, expires_at REAL NOT NULL, refresh_expires_at REAL NOT NULL
) STRICT;
CREATE TABLE consent (
  appid TEXT NOT NULL, openid TEXT NOT NULL, scope TEXT NOT NULL, time REAL NOT NULL,
  PRIMARY KEY (appid, openid, scope)
) STRICT, WITHOUT ROWID;
CREATE TABLE chat (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, appid TEXT NOT NULL, person TEXT NOT NULL, time REAL NOT NULL,
  side TEXT NOT NULL, via TEXT NOT NULL, type TEXT NOT NULL, document TEXT NOT NULL
) STRICT;
CREATE INDEX chat_of ON chat (appid, person, seq);
CREATE TABLE alarm (
  id INTEGER PRIMARY KEY, appid TEXT NOT NULL, time REAL NOT NULL, type TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE TABLE due (id INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX due_at ON due (at);
CREATE TABLE failed_job (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, payload TEXT NOT NULL, attempts INTEGER NOT NULL, time REAL NOT NULL,
  error TEXT NOT NULL
) STRICT;
CREATE TABLE clock_setting (id INTEGER PRIMARY KEY CHECK (id = 1), ahead REAL NOT NULL, frozen_at REAL) STRICT;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""
