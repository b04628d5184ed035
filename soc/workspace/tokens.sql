-- name: insert
INSERT INTO tokens (id, secret_hash, user, label, created, expires)
VALUES (:id, :hash, :user, :label, :now, :expires);

-- name: get
SELECT t.id, t.secret_hash, t.user, u.role, u.language, t.expires
FROM tokens AS t JOIN users AS u ON u.name = t.user
WHERE t.id = :id AND NOT t.revoked AND NOT u.disabled;

-- name: of_user
SELECT id, label, created, expires, revoked FROM tokens WHERE user = :user ORDER BY created, id;

-- name: revoke
UPDATE tokens SET revoked = 1 WHERE id = :id AND user = :user AND NOT revoked;
