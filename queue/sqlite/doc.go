// Package sqlite keeps offices' logs in one SQLite file that survives kill -9
// and power cuts: the store of every office that runs on its own.
//
// One connection, used by one goroutine at a time, writes; a small pool reads.
// The write-ahead log is flushed at every commit (synchronous=FULL); the
// driver's default in WAL mode would lose acknowledged tickets, so Open reads
// the setting back and refuses to go on without it.
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
//	event                     the log, of nobody            for ever
//	ticket                    rows of it for reports        for ever
//	request_key               which ticket answered what    7 days, then to the next turn of the day
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
