-- name: last
SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1;

-- name: insert
INSERT INTO audit (n, at, actor, act, object, detail, result, settles, previous, hash)
VALUES (:n, :at, :actor, :act, :object, :detail, :result, :settles, :previous, :hash);

-- name: settled
SELECT count(*) FROM audit WHERE settles = :settles;

-- name: forward
SELECT n, at, actor, act, object, detail, result, settles, previous, hash
FROM audit WHERE n > :after ORDER BY n LIMIT :limit;

-- name: backward
SELECT n, at, actor, act, object, detail, result, settles, previous, hash
FROM audit
WHERE n < :before AND (:actor = '' OR actor = :actor) AND (:act = '' OR act = :act)
    AND (:object = '' OR object = :object)
ORDER BY n DESC LIMIT :limit;

-- name: open_intents
SELECT n, at, actor, act, object, detail, result, settles, previous, hash
FROM audit AS intent
WHERE result = 'intent' AND NOT EXISTS (SELECT 1 FROM audit WHERE settles = intent.n)
ORDER BY n;
