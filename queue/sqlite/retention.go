package sqlite

// Kept says how long the store keeps one kind of data, and what ends it. The
// package's documentation has the same in words.
type Kept struct {
	Data  string // The table, or the directory below the data directory.
	What  string // What it holds of people.
	Until string // When it is erased.
	By    string // What erases it.
}

// BackupsKept is how many backups stand among the backups of a data directory.
const BackupsKept = 14

// Retention lists every kind of data that the store keeps.
func Retention() []Kept {
	const never = "nothing"
	return []Kept{
		{"log", "nobody: numbers, times, counters, and what staff write as reasons", "for ever", never},
		{"ticket", "nobody: what the log says of days that have ended, in rows for reports", "for ever", never},
		{"answered", "nobody: which ticket answered which request; the keys of a commit are of one time and go together", "7 days, then to the next turn of the day", "the turn of the day"},
		{"person", "keyed hashes, of the day, of those whose tickets are counted; who has the file has the key too", "the turn of the day", "the turn of the day; erased with secure_delete, and the write-ahead log emptied"},
		{"token", "nobody: hashes of the keys of devices", "for ever; good until it is revoked", never},
		{"secret", "nobody: what links and first tokens are derived from", "for ever", never},
		{BackupsName + "/xinmoi-*", "what the store held at that moment, also persons of that day", "the newest 14", "the next backup"},
		{BackupsName + "/before-schema-*", "what the store held before an upgrade, but no persons", "for ever", "whoever runs the machine"},
	}
}
