"""The tables in which the platform keeps everything.

A data directory that was written with other tables is refused when it is opened.
"""

SCHEMA = """
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
  request TEXT NOT NULL, response TEXT NOT NULL, client_ip TEXT NOT NULL, path TEXT NOT NULL
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
CREATE TABLE account_beginning (appid TEXT PRIMARY KEY, day TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE follow_tally (
  appid TEXT NOT NULL, day TEXT NOT NULL, source INTEGER NOT NULL, came INTEGER NOT NULL, went INTEGER NOT NULL,
  PRIMARY KEY (appid, day, source)
) STRICT, WITHOUT ROWID;
CREATE TABLE message_tally (
  appid TEXT NOT NULL, day TEXT NOT NULL, hour INTEGER NOT NULL, type INTEGER NOT NULL, openid TEXT NOT NULL,
  count INTEGER NOT NULL, PRIMARY KEY (appid, day, hour, type, openid)
) STRICT, WITHOUT ROWID;
CREATE TABLE mass_tally (msg_data_id INTEGER PRIMARY KEY, reached INTEGER NOT NULL) STRICT;
CREATE TABLE callback_tally (
  appid TEXT NOT NULL, day TEXT NOT NULL, hour INTEGER NOT NULL, count INTEGER NOT NULL, failed INTEGER NOT NULL,
  total_ms INTEGER NOT NULL, longest_ms INTEGER NOT NULL, PRIMARY KEY (appid, day, hour)
) STRICT, WITHOUT ROWID;
CREATE TABLE page_share (
  id INTEGER PRIMARY KEY, appid TEXT NOT NULL, person TEXT NOT NULL, target TEXT NOT NULL, receiver TEXT NOT NULL,
  title TEXT NOT NULL, description TEXT NOT NULL, link TEXT NOT NULL, picture TEXT NOT NULL, time REAL NOT NULL
) STRICT;
CREATE INDEX page_share_of ON page_share (appid, id);
CREATE TABLE revoked_web_token (refresh_token TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE fault (
  id INTEGER PRIMARY KEY, side TEXT NOT NULL, appid TEXT NOT NULL, target TEXT NOT NULL, kind TEXT NOT NULL,
  rate REAL NOT NULL, seed INTEGER NOT NULL, errcode INTEGER NOT NULL, status INTEGER NOT NULL, delay_s REAL NOT NULL,
  carried_out INTEGER NOT NULL, times INTEGER, draws INTEGER NOT NULL DEFAULT 0, hits INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE snapshot_mark (now REAL NOT NULL, saved_at REAL NOT NULL) STRICT;
CREATE TABLE recognised (
  kind TEXT NOT NULL, key TEXT NOT NULL, result TEXT NOT NULL, PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE voice_task (
  appid TEXT NOT NULL, voice_id TEXT NOT NULL, lang TEXT NOT NULL, digest TEXT NOT NULL, ready_at REAL NOT NULL,
  PRIMARY KEY (appid, voice_id)
) STRICT, WITHOUT ROWID;
"""
