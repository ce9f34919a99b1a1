"""Agents, the queue in front of them, their sessions, and what was said there."""

TABLES = """
CREATE TABLE agent (
  appid TEXT NOT NULL, kf_account TEXT NOT NULL, kf_id INTEGER NOT NULL, nickname TEXT NOT NULL,
  headimgurl TEXT NOT NULL DEFAULT '', kf_wx TEXT NOT NULL DEFAULT '', online INTEGER NOT NULL DEFAULT 0,
  auto_accept INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (appid, kf_account)
) STRICT;
CREATE TABLE agent_invitation (
  appid TEXT NOT NULL, kf_account TEXT NOT NULL, invite_wx TEXT NOT NULL, expires_at REAL NOT NULL,
  rejected INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (appid, kf_account)
) STRICT;
CREATE TABLE waiting (
  id INTEGER PRIMARY KEY, appid TEXT NOT NULL, openid TEXT NOT NULL, since REAL NOT NULL, latest REAL NOT NULL,
  text TEXT NOT NULL, UNIQUE (appid, openid)
) STRICT;
CREATE TABLE service_session (
  appid TEXT NOT NULL, openid TEXT NOT NULL, kf_account TEXT NOT NULL, since REAL NOT NULL,
  PRIMARY KEY (appid, openid)
) STRICT, WITHOUT ROWID;
CREATE TABLE service_record (
  id INTEGER PRIMARY KEY AUTOINCREMENT, appid TEXT NOT NULL, openid TEXT NOT NULL, kf_account TEXT NOT NULL,
  opercode INTEGER NOT NULL, text TEXT NOT NULL, time REAL NOT NULL
) STRICT;
CREATE INDEX service_record_of ON service_record (appid, time);
"""
