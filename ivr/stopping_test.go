package ivr

import "testing"

// When this side stops, a number that was heard to its end is kept; one that
// was not lapses, and so does one whose caller hung up.
func TestStoppingKeepsWhatWasHeard(t *testing.T) {
	started := []Input{testStarted()}
	reading := with(started, Key{'1'}, Taken{testTicket()})
	heard := with(reading, Played{})
	for name, tc := range map[string]struct {
		ins  []Input
		want string
	}{
		"in the menu":             {with(started, HungUp{Stopping: true}), ""},
		"while it is read":        {with(reading, HungUp{Stopping: true}), ""},
		"heard once":              {with(heard, HungUp{Stopping: true}), "confirm 7"},
		"the caller hangs up":     {with(heard, HungUp{}), ""},
		"kept already by the key": {with(heard, Key{'1'}, HungUp{Stopping: true}), ""},
		"kept already by the ear": {with(heard, Played{}, HungUp{Stopping: true}), ""},
	} {
		d, last := talk(t, tc.ins...)
		got := ""
		for _, a := range last {
			got += brief(a)
		}
		if got != tc.want || !d.Ended() {
			t.Errorf("%s: %q, ended %v; want %q", name, got, d.Ended(), tc.want)
		}
	}
}
