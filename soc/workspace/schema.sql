-- What people do. Instants are microseconds since 1970, UTC. Secrets are stored as hashes only.
CREATE TABLE users (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0,
    language TEXT NOT NULL DEFAULT '',
    created INTEGER NOT NULL,
    password_changed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users (name),
    address TEXT NOT NULL,
    created INTEGER NOT NULL,
    seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_user ON sessions (user);

CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    secret_hash BLOB NOT NULL,
    user TEXT NOT NULL REFERENCES users (name),
    label TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE login_attempts (
    at INTEGER NOT NULL,
    user TEXT NOT NULL,
    address TEXT NOT NULL
) STRICT;
CREATE INDEX login_attempts_at ON login_attempts (at);
CREATE INDEX login_attempts_of_user ON login_attempts (user, at);
CREATE INDEX login_attempts_from_address ON login_attempts (address, at);

CREATE TABLE audit (
    n INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL,
    result TEXT NOT NULL,
    settles INTEGER UNIQUE,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_intents ON audit (n) WHERE result = 'intent';
-- Nobody changes a record by mistake; whoever does it on purpose breaks the chain.
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
