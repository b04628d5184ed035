-- name: insert
INSERT INTO users (name, role, password_hash, created, password_changed) VALUES (:name, :role, :hash, :now, :now)
ON CONFLICT (name) DO NOTHING;

-- name: get
SELECT name, role, password_hash, disabled, language, created, password_changed FROM users WHERE name = :name;

-- name: all
SELECT name, role, password_hash, disabled, language, created, password_changed FROM users ORDER BY name;

-- name: count
SELECT count(*) FROM users;

-- name: other_administrators
SELECT count(*) FROM users WHERE role = 'administrator' AND NOT disabled AND name <> :name;

-- name: set_role
UPDATE users SET role = :role WHERE name = :name;

-- name: set_disabled
UPDATE users SET disabled = :disabled WHERE name = :name;

-- name: set_language
UPDATE users SET language = :language WHERE name = :name;

-- name: set_password
UPDATE users SET password_hash = :hash, password_changed = :now WHERE name = :name;

-- name: rehash
UPDATE users SET password_hash = :hash WHERE name = :name AND password_hash = :old;

-- name: end_sessions
DELETE FROM sessions WHERE user = :name AND token_hash IS NOT :keep;

-- name: revoke_tokens
UPDATE tokens SET revoked = 1 WHERE user = :name;
