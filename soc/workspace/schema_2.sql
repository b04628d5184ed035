-- Exceptions and snoozes. They are never deleted: what hid an alert must be known for as long as there are alerts.
CREATE TABLE exceptions (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    owner TEXT NOT NULL,
    reason TEXT NOT NULL,
    begins INTEGER NOT NULL,
    until INTEGER NOT NULL,
    rule TEXT NOT NULL,
    conditions TEXT NOT NULL, -- JSON: [[field, value], ...]
    created INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    ended INTEGER,
    ended_by TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
