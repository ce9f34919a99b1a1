"""What people took back."""

TABLES = """
CREATE TABLE revoked_web_token (refresh_token TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
"""
