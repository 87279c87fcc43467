package week

import (
	"testing"
	"time"
)

// A week twice: the same people, and who comes when told to waits less.
func TestWeek(t *testing.T) {
	c := Config{Seed: 1, Weeks: 1, Load: 0.9, Remote: 0.4, Booked: 0.2, Rushing: true, days: 3}
	before, err := Live(t.Context(), c.Alone())
	if err != nil {
		t.Fatal(err)
	}
	after, err := Live(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if n := before.All.People; n < 100 || before.Ways[walk].People != n {
		t.Errorf("%+v", before)
	}
	if after.All.People+after.All.Absent != before.All.People || after.Ways[remote].People == 0 || after.Ways[booked].People == 0 {
		t.Errorf("%d before; after: %+v", before.All.People, after)
	}
	if after.Ratio(before) >= 1 || after.Ways[remote].Mean >= before.All.Mean || after.Ways[walk].Mean >= before.All.Mean {
		t.Errorf("%.2f of %v: %+v", after.Ratio(before), before.All.Mean, after)
	}
	if after.Ways[booked].Moved < 30*time.Minute { // From the fourth day on the office knows its rush.
		t.Errorf("all who book get what they wish, in the rush, moved by %v", after.Ways[booked].Moved)
	}
	t.Logf("%.2f of %+v: %+v", after.Ratio(before), before, after)
}

func TestValidate(t *testing.T) {
	for _, c := range []Config{
		{Weeks: 0, Load: 1}, {Weeks: 1}, {Weeks: 1, Load: 2}, {Weeks: 1, Load: 1, Remote: 0.8, Booked: 0.4},
		{Weeks: 1, Load: 1, Heedless: 2}, {Weeks: 1, Load: 1, Drift: -1}, {Weeks: 1, Load: 1, Accepts: -1},
	} {
		if _, err := Live(t.Context(), c); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}
