"""Mass sends, permitted messages and their templates."""

TABLES = """
CREATE TABLE mass_job (
  msg_id INTEGER PRIMARY KEY, msg_data_id INTEGER, appid TEXT NOT NULL, time REAL NOT NULL, guard TEXT NOT NULL,
  to_all INTEGER NOT NULL, audience TEXT NOT NULL, kind TEXT NOT NULL, lines TEXT NOT NULL,
  ignore_reprint INTEGER NOT NULL, outcome TEXT NOT NULL, status TEXT NOT NULL
) STRICT;
CREATE INDEX mass_job_of ON mass_job (appid, time);
CREATE INDEX mass_job_guard ON mass_job (appid, guard, time);
CREATE TABLE mass_received (
  appid TEXT NOT NULL, openid TEXT NOT NULL, month TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (appid, openid, month)
) STRICT, WITHOUT ROWID;
CREATE TABLE mass_next (id INTEGER PRIMARY KEY, appid TEXT NOT NULL, outcome TEXT NOT NULL) STRICT;
CREATE TABLE mass_speed (appid TEXT PRIMARY KEY, speed INTEGER NOT NULL) STRICT;
CREATE INDEX mass_job_data ON mass_job (msg_data_id);
CREATE TABLE notice_template (
  appid TEXT NOT NULL, template_id TEXT NOT NULL, tid INTEGER NOT NULL, kids TEXT NOT NULL, scene TEXT NOT NULL,
  PRIMARY KEY (appid, template_id)
) STRICT;
CREATE TABLE notice_allowance (
  appid TEXT NOT NULL, openid TEXT NOT NULL, template_id TEXT NOT NULL, remaining INTEGER NOT NULL,
  PRIMARY KEY (appid, openid, template_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE one_time_allowance (
  appid TEXT NOT NULL, openid TEXT NOT NULL, template_id TEXT NOT NULL, scene TEXT NOT NULL,
  PRIMARY KEY (appid, openid, template_id, scene)
) STRICT, WITHOUT ROWID;
"""
