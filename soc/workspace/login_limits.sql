-- name: forget
DELETE FROM login_attempts WHERE at <= :since;

-- name: counts
SELECT
    sum(user = :user AND address = :address), sum(address = :address), sum(user = :user), min(at)
FROM login_attempts
WHERE (user = :user OR address = :address) AND at > :since;

-- name: insert
INSERT INTO login_attempts (at, user, address) VALUES (:now, :user, :address);

-- name: forgive
DELETE FROM login_attempts WHERE user = :user AND address = :address;
