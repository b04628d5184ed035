-- name: insert
INSERT INTO exceptions (id, kind, owner, reason, begins, until, rule, conditions, created, created_by)
VALUES (:id, :kind, :owner, :reason, :begins, :until, :rule, :conditions, :created, :created_by);

-- name: all
SELECT id, kind, owner, reason, begins, until, rule, conditions, created, created_by, ended, ended_by
FROM exceptions ORDER BY created, id;

-- name: named
SELECT id, kind, owner, reason, begins, until, rule, conditions, created, created_by, ended, ended_by
FROM exceptions WHERE id >= :begin AND id < :begin || char(1114111) ORDER BY id LIMIT 5;

-- name: in_force
SELECT id, kind, owner, reason, begins, until, rule, conditions, created, created_by, ended, ended_by
FROM exceptions WHERE ended IS NULL ORDER BY id;

-- name: end
UPDATE exceptions SET ended = :now, ended_by = :actor WHERE id = :id AND ended IS NULL;

-- name: shorten
UPDATE exceptions SET until = :now WHERE id = :id AND ended IS NULL AND until > :now;
