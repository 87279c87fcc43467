package appointment

// FileName is the file's name in the data directory.
const FileName = "appointments.db"

// schema is a new file. Times are milliseconds since 1970, 0 = none.
const schema = `
CREATE TABLE settings (
	id   INTEGER PRIMARY KEY CHECK (id = 1),
	body TEXT NOT NULL
) STRICT;
CREATE TABLE booking (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	code       TEXT NOT NULL UNIQUE,
	service    TEXT NOT NULL,
	procedure  TEXT NOT NULL,
	start      INTEGER NOT NULL,
	state      TEXT NOT NULL,
	channel    TEXT NOT NULL,
	language   TEXT NOT NULL,
	needs      TEXT NOT NULL,
	contact    TEXT NOT NULL,
	person     TEXT NOT NULL,
	made       INTEGER NOT NULL,
	answer_by  INTEGER NOT NULL,
	changed    INTEGER NOT NULL,
	reason     TEXT NOT NULL DEFAULT '',
	version    INTEGER NOT NULL,
	sequence   INTEGER NOT NULL,
	ticket     TEXT NOT NULL DEFAULT '',
	entry      TEXT NOT NULL DEFAULT '',
	reminded   INTEGER NOT NULL,
	ring_at    INTEGER NOT NULL,
	due        INTEGER NOT NULL
) STRICT;
CREATE INDEX booking_due ON booking (due) WHERE due > 0;
CREATE INDEX booking_start ON booking (start);
CREATE INDEX booking_person ON booking (person) WHERE person != '';
CREATE TABLE held (
	booking INTEGER NOT NULL REFERENCES booking (id) ON DELETE CASCADE,
	pool    TEXT NOT NULL,
	start   INTEGER NOT NULL,
	units   INTEGER NOT NULL
) STRICT;
CREATE INDEX held_pool ON held (pool, start);
CREATE INDEX held_booking ON held (booking);
CREATE TABLE history (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	booking    INTEGER NOT NULL REFERENCES booking (id) ON DELETE CASCADE,
	at         INTEGER NOT NULL,
	action     TEXT NOT NULL,
	actor      TEXT NOT NULL,
	from_state TEXT NOT NULL,
	to_state   TEXT NOT NULL,
	reason     TEXT NOT NULL
) STRICT;
CREATE INDEX history_booking ON history (booking);
CREATE TABLE request (
	caller  TEXT NOT NULL,
	key     TEXT NOT NULL,
	hash    BLOB NOT NULL,
	booking INTEGER NOT NULL REFERENCES booking (id) ON DELETE CASCADE,
	at      INTEGER NOT NULL,
	PRIMARY KEY (caller, key)
) STRICT;
CREATE TABLE notice (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	booking  INTEGER NOT NULL REFERENCES booking (id) ON DELETE CASCADE,
	kind     TEXT NOT NULL,
	at       INTEGER NOT NULL,
	expires  INTEGER NOT NULL,
	attempts INTEGER NOT NULL DEFAULT 0,
	next     INTEGER NOT NULL,
	way      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX notice_booking ON notice (booking);
` + ways

// ways came with version 2: what was handed to who carries it and may yet come
// back, and what did not reach its holder by any way.
const ways = `
CREATE TABLE carried (
	key     TEXT PRIMARY KEY,
	booking INTEGER NOT NULL REFERENCES booking (id) ON DELETE CASCADE,
	kind    TEXT NOT NULL,
	way     INTEGER NOT NULL,
	version INTEGER NOT NULL,
	expires INTEGER NOT NULL
) STRICT;
CREATE TABLE unreached (
	booking INTEGER PRIMARY KEY REFERENCES booking (id) ON DELETE CASCADE,
	kind    TEXT NOT NULL,
	at      INTEGER NOT NULL
) STRICT;
`

// upgrades bring an older file up to date.
func upgrades() []string {
	return []string{"ALTER TABLE notice ADD COLUMN way INTEGER NOT NULL DEFAULT 0;" + ways}
}

// columns are those of a booking in the order in which scan reads them.
const columns = `id, code, service, procedure, start, state, channel, language, needs, contact, person, made, answer_by, changed, reason, version, sequence, ticket, entry, reminded, ring_at, due`
