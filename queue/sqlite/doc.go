// Package sqlite keeps offices' logs in one SQLite file that survives kill -9
// and power cuts: the store of every office that runs on its own.
//
// One connection, used by one goroutine at a time, writes; a small pool reads.
// The write-ahead log is flushed at every commit (synchronous=FULL); the
// driver's default in WAL mode would lose acknowledged tickets, so Open reads
// the setting back and refuses to go on without it.
//
// # Tables
//
// An office's log is the truth: table log has a row for each commit, and in it
// a line for each event, its hash before its JSON. To read it by hand:
//
//	sqlite3 -readonly xinmoi.db "SELECT CAST(body AS TEXT) FROM log WHERE office = 'trung-tam' ORDER BY first"
//
// Without the hashes, each line is an object for jq:
//
//	… | grep . | cut -d' ' -f2- | jq -c '[.seq, .at, .kind, .ticket.number, .ticket.state]'
//
// Table ticket repeats of the log what reports need, as each ticket is now. A
// ticket gets its row when its day ends; until then the log alone has it. Table
// answered has the request keys of a commit, a line for each. "xinmoi verify"
// holds the rows of tickets against the log, and reads the keys.
//
// # Upgrades
//
// The schema has a number (PRAGMA user_version). Open takes the migrations
// that the store has not seen in one transaction, after it has put a copy
// among the backups; a store of a newer schema is refused. A released migration
// is never changed. A new one comes with a store of the schema before it, as
// SQL text in testdata, from which every later upgrade is tried.
//
// # What is kept how long
//
//	log                       what happened, of nobody      for ever
//	ticket                    rows of it for reports        for ever
//	answered                  which ticket answered what    7 days, then to the next turn of the day
//	person                    keyed hashes of who took what to the turn of the day
//	token                     hashes of devices' keys       for ever; good until revoked
//	secret                    what links are made with      for ever
//	backups/xinmoi-*          the store as it was           the newest 14
//	backups/before-schema-*   the same, but no persons      until somebody removes it
//
// The night's backup is made after the turn of the day, so that it has the
// persons of no day but one that an office without closing hours is just in.
// Retention has the same as data.
package sqlite
