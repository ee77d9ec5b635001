CREATE TABLE pending_sign_ins (key TEXT PRIMARY KEY, text TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT;
CREATE INDEX pending_sign_ins_expire ON pending_sign_ins (expires_at);
CREATE TABLE sessions (id TEXT PRIMARY KEY, openrouter_key TEXT NOT NULL) STRICT;
