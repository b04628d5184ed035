-- name: schema
CREATE TABLE IF NOT EXISTS file (
    incarnation TEXT PRIMARY KEY, -- random, given when the file is first seen or found to be another one
    path TEXT NOT NULL, -- where it was first seen
    source BLOB NOT NULL, -- the log source that its records had last, in JSON
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    head BLOB NOT NULL, -- its first bytes
    tail BLOB NOT NULL, -- its last bytes before read_to
    read_to INTEGER NOT NULL, -- the end of its last slice
    header TEXT NOT NULL, -- the last header line before read_to
    format TEXT NOT NULL, -- the recognised format, where that decides how lines are joined
    done_to INTEGER NOT NULL, -- everything before it is durable elsewhere
    finished INTEGER, -- the instant at which its end was reached for good
    seen INTEGER NOT NULL -- the instant of its first sight
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS slice (
    incarnation TEXT NOT NULL REFERENCES file (incarnation) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL, -- the record before it ends here, whatever follows
    arrived INTEGER NOT NULL,
    header TEXT NOT NULL,
    written INTEGER NOT NULL, -- what retention goes by
    PRIMARY KEY (incarnation, start)
) WITHOUT ROWID

-- name: files
SELECT incarnation, path, source, device, inode, head, tail, read_to, header, format, done_to, finished, seen FROM file
ORDER BY seen, incarnation

-- name: put_file
INSERT INTO file (incarnation, path, source, device, inode, head, tail, read_to, header, format, done_to, finished, seen)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (incarnation) DO UPDATE SET source = excluded.source, device = excluded.device, inode = excluded.inode,
    head = excluded.head, tail = excluded.tail, read_to = excluded.read_to, header = excluded.header,
    format = excluded.format, finished = excluded.finished

-- name: put_slice
-- One that is there already was never handed out: writing it down seemed to have failed.
INSERT INTO slice (incarnation, start, end, arrived, header, written) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (incarnation, start) DO UPDATE SET end = excluded.end, arrived = excluded.arrived,
    header = excluded.header, written = excluded.written

-- name: slices
SELECT incarnation, start, end, arrived, header FROM slice WHERE incarnation = ? AND end > ? ORDER BY start

-- name: done
UPDATE file SET done_to = MAX(done_to, ?) WHERE incarnation = ?

-- name: drop_slices
DELETE FROM slice WHERE written < ? AND end <= (SELECT done_to FROM file WHERE file.incarnation = slice.incarnation)

-- name: drop_file
DELETE FROM file WHERE incarnation = ? AND NOT EXISTS (SELECT 1 FROM slice WHERE slice.incarnation = file.incarnation)
