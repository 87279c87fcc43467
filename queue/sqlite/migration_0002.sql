-- Where several agencies share a hall, a token is one agency's; and a token
-- that was given away or lost can be revoked. Its row stays: the id stands in
-- the log as the actor of what was done with it.
ALTER TABLE token ADD COLUMN agency TEXT NOT NULL DEFAULT '';  -- Empty: the whole office.
ALTER TABLE token ADD COLUMN revoked_at INTEGER;               -- Unix milliseconds, UTC; null while it is good.
