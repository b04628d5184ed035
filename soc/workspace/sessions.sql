-- name: insert
INSERT INTO sessions (token_hash, user, address, created, seen) VALUES (:hash, :user, :address, :now, :now);

-- name: get
SELECT s.user, u.role, u.language, s.created, s.seen
FROM sessions AS s JOIN users AS u ON u.name = s.user
WHERE s.token_hash = :hash AND NOT u.disabled;

-- name: touch
UPDATE sessions SET seen = :now WHERE token_hash = :hash;

-- name: delete
DELETE FROM sessions WHERE token_hash = :hash;

-- name: delete_older
DELETE FROM sessions WHERE created < :created;
