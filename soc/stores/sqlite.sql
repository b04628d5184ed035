-- name: tables
CREATE TABLE IF NOT EXISTS {collection} (
    n INTEGER PRIMARY KEY,
    month TEXT NOT NULL, -- what retention goes by
    {typed} -- one column for each field that is asked for, with the least of several values
);
CREATE UNIQUE INDEX IF NOT EXISTS {collection}_id ON {collection} ("soc.id");
CREATE INDEX IF NOT EXISTS {collection}_month ON {collection} (month);
CREATE INDEX IF NOT EXISTS {collection}_sample ON {collection} ("soc.sample") WHERE "soc.sample" = 'true';
-- The documents lie apart, so that looking through the columns reads few pages.
CREATE TABLE IF NOT EXISTS {collection}_document (
    n INTEGER PRIMARY KEY,
    json BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS {collection}_more ( -- the other values of a field that has several
    field TEXT NOT NULL,
    value NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (field, value, n)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS {collection}_more_n ON {collection}_more (n, field, value);

-- name: alert_tables
-- Whether an alert is hidden or closed stands in every index that the queue goes by: almost every question asks it.
CREATE INDEX IF NOT EXISTS alert_risk ON alert
    ("soc.risk" DESC, "soc.last_seen" DESC, "soc.id", "soc.suppressed_by", "triage.status");
CREATE INDEX IF NOT EXISTS alert_severity ON alert
    ("event.severity" DESC, "soc.last_seen" DESC, "soc.id", "soc.suppressed_by", "triage.status");
CREATE INDEX IF NOT EXISTS alert_seen ON alert
    ("soc.last_seen" DESC, "soc.id", "soc.suppressed_by", "triage.status", "event.severity", "soc.layer");
CREATE INDEX IF NOT EXISTS alert_assignee ON alert
    ("triage.assignee", "soc.risk" DESC, "soc.last_seen" DESC, "soc.id", "soc.suppressed_by", "triage.status");
CREATE INDEX IF NOT EXISTS alert_rule ON alert ("rule.id", "soc.last_seen", "soc.suppressed_by", "triage.status");
CREATE INDEX IF NOT EXISTS alert_entity ON alert
    ("soc.entity.value", "soc.last_seen", "soc.suppressed_by", "triage.status");
CREATE INDEX IF NOT EXISTS alert_counted ON alert
    ("triage.status", "soc.suppressed_by", "event.severity", "soc.layer", "triage.assignee", "soc.kind",
    "triage.disposition", "soc.last_seen");
CREATE INDEX IF NOT EXISTS alert_host ON alert ("host.name") WHERE "host.name" IS NOT NULL;
CREATE INDEX IF NOT EXISTS alert_source ON alert ("source.ip") WHERE "source.ip" IS NOT NULL;
CREATE INDEX IF NOT EXISTS alert_destination ON alert ("destination.ip") WHERE "destination.ip" IS NOT NULL;
CREATE INDEX IF NOT EXISTS alert_hidden ON alert ("soc.suppressed_by", "triage.disposition")
    WHERE "soc.suppressed_by" IS NOT NULL;
CREATE INDEX IF NOT EXISTS alert_user ON alert ("user.name") WHERE "user.name" IS NOT NULL;
CREATE INDEX IF NOT EXISTS alert_technique ON alert ("threat.technique.id") WHERE "threat.technique.id" IS NOT NULL;
CREATE TABLE IF NOT EXISTS word (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);
CREATE TABLE IF NOT EXISTS alert_word (
    word INTEGER NOT NULL REFERENCES word (id),
    n INTEGER NOT NULL,
    PRIMARY KEY (word, n)
) WITHOUT ROWID;

-- name: finding_tables
CREATE INDEX IF NOT EXISTS finding_alert ON finding ("soc.alert_id", "@timestamp", "soc.id");
CREATE INDEX IF NOT EXISTS finding_ingested ON finding ("event.ingested", "soc.alert_id");
CREATE INDEX IF NOT EXISTS finding_time ON finding ("@timestamp" DESC, "soc.id");

-- name: insert
INSERT INTO {collection} (month, {columns}) VALUES (?, {marks}) ON CONFLICT ("soc.id") DO NOTHING

-- name: insert_document
INSERT INTO {collection}_document (n, json) VALUES (?, ?)

-- name: insert_more
INSERT INTO {collection}_more (field, value, n) VALUES (?, ?, ?)

-- name: insert_word
INSERT INTO word (text) VALUES (?) ON CONFLICT (text) DO NOTHING

-- name: insert_alert_word
INSERT INTO alert_word (word, n) SELECT id, ? FROM word WHERE text = ?

-- name: get
SELECT {collection}.n, json FROM {collection} JOIN {collection}_document USING (n) WHERE "soc.id" = ?

-- name: replace
UPDATE alert SET ({columns}) = ({marks}) WHERE n = ?

-- name: replace_document
UPDATE alert_document SET json = ? WHERE n = ?

-- name: delete_more
DELETE FROM {collection}_more WHERE n = ?

-- name: delete_word
DELETE FROM alert_word WHERE word = (SELECT id FROM word WHERE text = ?) AND n = ?

-- name: delete_document
DELETE FROM {collection}_document WHERE n = ?

-- name: delete
DELETE FROM {collection} WHERE n = ?

-- name: old
SELECT n FROM {collection} WHERE month < ? LIMIT ?

-- name: samples
SELECT n FROM {collection} WHERE "soc.sample" = 'true' LIMIT ?

-- name: touched
SELECT DISTINCT "soc.alert_id" FROM finding WHERE "event.ingested" >= ? AND "soc.alert_id" IS NOT NULL

-- name: findings
SELECT COUNT(*) FROM finding WHERE "soc.alert_id" = ?

-- name: first_documents
SELECT json FROM finding JOIN finding_document USING (n) WHERE "soc.alert_id" = ?
ORDER BY "@timestamp", "soc.id" LIMIT ?

-- name: last_documents
SELECT json FROM finding JOIN finding_document USING (n) WHERE "soc.alert_id" = ?
ORDER BY "@timestamp" DESC, "soc.id" DESC LIMIT ?

-- name: first_slim
SELECT "soc.id", "soc.ref", "@timestamp", "event.severity", "soc.risk" FROM finding WHERE "soc.alert_id" = ?
ORDER BY "@timestamp", "soc.id" LIMIT ?

-- name: most_severe
SELECT "soc.id", "soc.ref", "@timestamp", "event.severity", "soc.risk" FROM finding WHERE "soc.alert_id" = ?
ORDER BY "event.severity" DESC LIMIT ?

-- name: most_risky
SELECT "soc.id", "soc.ref", "@timestamp", "event.severity", "soc.risk" FROM finding WHERE "soc.alert_id" = ?
ORDER BY "soc.risk" DESC LIMIT ?

-- name: total
SELECT COUNT(*) FROM {collection} WHERE {condition}

-- name: place
SELECT n FROM {collection} WHERE {condition} ORDER BY {order} LIMIT ?

-- name: document
SELECT json FROM {collection}_document WHERE n = ?

-- name: facet
SELECT "{field}", COUNT(*) AS times FROM {collection} WHERE {condition} AND "{field}" <> ''
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?

-- name: facet_many
SELECT value, COUNT(*) AS times FROM (
    SELECT +"{field}" AS value FROM {collection} WHERE {condition}
    UNION ALL
    SELECT more.value FROM {collection}_more AS more CROSS JOIN {collection} ON {collection}.n = more.n
    WHERE more.field = '{field}' AND {condition}
) WHERE value <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?

-- name: is
"{field}" IN ({marks})

-- name: is_many
("{field}" IN ({marks}) OR {collection}.n IN
    (SELECT n FROM {collection}_more WHERE field = '{field}' AND value IN ({marks})))

-- name: is_none
("{field}" IS NULL OR "{field}" = '')

-- name: is_none_many
(("{field}" IS NULL OR "{field}" = '')
    AND NOT EXISTS (SELECT 1 FROM {collection}_more AS more WHERE more.n = {collection}.n AND more.field = '{field}'))

-- name: any
({one} OR {other})

-- name: nothing
FALSE

-- name: everything
TRUE

-- name: not
({condition}) IS NOT TRUE

-- name: both
{one} AND {other}

-- name: since
"{field}" >= ?

-- name: until
"{field}" < ?

-- name: visible
"soc.suppressed_by" IS NULL

-- name: hidden
"soc.suppressed_by" IS NOT NULL

-- name: word
alert.n IN (SELECT alert_word.n FROM word JOIN alert_word ON alert_word.word = word.id
    WHERE word.text >= ? AND word.text < ?)

-- name: greatest
COALESCE((SELECT MAX(value) FROM {collection}_more AS more WHERE more.n = {collection}.n AND more.field = '{field}'),
    "{field}")

-- name: has_first
+"{field}" IS NOT NULL

-- name: has_no_first
"{field}" IS NULL

-- name: rising_after
{first} >= ? AND ({first} > ? OR {first} = ? AND {later})

-- name: falling_after
{first} <= ? AND ({first} < ? OR {first} = ? AND {later})

-- name: later
("{time}" < ? OR "{time}" = ? AND "soc.id" > ?)

-- name: rising
{first}, "{time}" DESC, "soc.id"

-- name: falling
{first} DESC, "{time}" DESC, "soc.id"

-- name: by_time
"{time}" DESC, "soc.id"

-- name: column
"{field}"
