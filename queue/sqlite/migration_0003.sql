-- One row for each commit: what an office's speed depends on is how many rows
-- it writes. Each event is a line of body: its hash, a space, its JSON.
CREATE TABLE log (
  office  TEXT    NOT NULL,
  first   INTEGER NOT NULL,            -- Seq of the first line; the next has the next one,
  last    INTEGER NOT NULL,            -- up to this.
  opened  INTEGER NOT NULL,            -- Seq of the latest day_opened up to this; 0 if there is none.
  body    BLOB    NOT NULL,            -- Text, UTF-8.
  PRIMARY KEY (office, first)          -- The fence: two owners cannot both append.
) STRICT;

-- The request keys of one commit, each a line of body:
-- ["caller","key","fingerprint","ticket","counter"]. No index: the owner has
-- them all in memory. The latest line of a key counts.
CREATE TABLE answered (
  office TEXT    NOT NULL,
  at     INTEGER NOT NULL,             -- Unix milliseconds, UTC, of all of them.
  body   BLOB    NOT NULL              -- Text, UTF-8.
) STRICT;

-- Tickets have rows when their day has ended; reports go by id.
DROP INDEX ticket_day;
