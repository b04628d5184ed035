-- name: schema
CREATE TABLE IF NOT EXISTS partition (
    id INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    number INTEGER NOT NULL,
    first INTEGER NOT NULL DEFAULT 0, -- the first offset that is kept
    next INTEGER NOT NULL DEFAULT 0, -- the next offset to be given
    UNIQUE (topic, number)
);
CREATE TABLE IF NOT EXISTS message (
    place INTEGER PRIMARY KEY, -- partition.id * 2^40 + offset: a partition lies together and in order
    timestamp INTEGER NOT NULL, -- as the message says
    appended INTEGER NOT NULL, -- by our clock: what retention goes by
    key BLOB,
    value BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS position (
    reader TEXT NOT NULL, -- the group
    partition INTEGER NOT NULL REFERENCES partition (id),
    offset INTEGER NOT NULL, -- the next one to read
    metadata TEXT NOT NULL,
    PRIMARY KEY (reader, partition)
) WITHOUT ROWID

-- name: create_partition
INSERT INTO partition (topic, number) VALUES (?, ?) ON CONFLICT DO NOTHING

-- name: partitions
SELECT topic, number, id FROM partition ORDER BY topic, number

-- name: next
SELECT next FROM partition WHERE id = ?

-- name: set_next
UPDATE partition SET next = ? WHERE id = ?

-- name: append
INSERT INTO message (place, timestamp, appended, key, value) VALUES (?, ?, ?, ?, ?)

-- name: bounds
SELECT id, first, next FROM partition

-- name: fetch
SELECT place, timestamp, key, value FROM message WHERE place >= ? AND place < ? ORDER BY place LIMIT ?

-- name: first_at
SELECT place FROM message WHERE place >= ? AND place < ? AND timestamp >= ? ORDER BY place LIMIT 1

-- name: remember
INSERT INTO position (reader, partition, offset, metadata) VALUES (?, ?, ?, ?)
ON CONFLICT (reader, partition) DO UPDATE SET offset = excluded.offset, metadata = excluded.metadata
WHERE excluded.offset >= position.offset

-- name: remembered
SELECT partition.topic, partition.number, position.offset, position.metadata
FROM position JOIN partition ON partition.id = position.partition
WHERE position.reader = ?

-- name: done
SELECT MIN(offset) FROM position WHERE partition = ?

-- name: first_since
SELECT place FROM message WHERE place >= ? AND place < ? AND appended >= ? ORDER BY place LIMIT 1

-- name: drop
DELETE FROM message WHERE place >= ? AND place < ?

-- name: set_first
UPDATE partition SET first = MAX(first, ?) WHERE id = ?
