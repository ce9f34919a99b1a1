"""What happened, in the form that statistics are counted from; days and hours are China's."""

TABLES = """
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
"""
