-- The log is the truth; every other table can be made from it, but for keys,
-- persons, tokens and secrets, which are not part of any office's history.
CREATE TABLE event (
  office  TEXT    NOT NULL,
  seq     INTEGER NOT NULL,
  at      INTEGER NOT NULL,            -- Unix milliseconds, UTC.
  kind    TEXT    NOT NULL,
  hash    TEXT    NOT NULL,            -- SHA-256 chain, hex.
  body    BLOB    NOT NULL,            -- JSON.
  PRIMARY KEY (office, seq)            -- The fence: two owners cannot both append.
) STRICT;
CREATE INDEX event_day ON event (office, seq) WHERE kind = 'day_opened';

CREATE TABLE ticket (
  office    TEXT    NOT NULL,
  id        INTEGER NOT NULL,
  day       TEXT    NOT NULL,
  number    TEXT    NOT NULL,
  service   TEXT    NOT NULL,
  state     TEXT    NOT NULL,
  channel   TEXT    NOT NULL,
  issued_at INTEGER NOT NULL,
  version   INTEGER NOT NULL,          -- Seq of the event that left it so.
  PRIMARY KEY (office, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_day ON ticket (office, day);

CREATE TABLE request_key (
  office      TEXT    NOT NULL,
  caller      TEXT    NOT NULL,
  key         TEXT    NOT NULL,
  fingerprint TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  ticket      TEXT    NOT NULL,
  counter     TEXT    NOT NULL
) STRICT;
-- No index: keys arrive in no order, and a tree of them would cost most of the
-- pages a commit writes. The owner has them all in memory, and the fence of the
-- same transaction keeps a second owner out; the latest row of a key counts.

-- Personal data, apart from the log; erased when the day is over.
CREATE TABLE person (
  office TEXT    NOT NULL,
  ticket TEXT    NOT NULL,
  person TEXT    NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (office, ticket)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
  hash       BLOB    NOT NULL PRIMARY KEY,  -- SHA-256; the token itself is nowhere.
  id         TEXT    NOT NULL UNIQUE,
  role       TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE secret (
  name  TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
