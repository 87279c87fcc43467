package bench

import (
	"context"
	"errors"
	"testing"
)

func TestDay(t *testing.T) {
	c := Config{Tickets: 600}.withDefaults()
	day, err := c.day(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for i, one := range day.Decisions {
		counts[one.Action] = one.Count
		if one.P50 <= 0 || one.P50 > one.P99 || day.Ratios[i].Value != one.P99 || day.Ratios[i].Goal != goalDay {
			t.Errorf("%+v, %+v", one, day.Ratios[i])
		}
	}
	if day.Tickets != 600 || counts["take"] != 600 || counts["check-in"] != 200 || counts["later"] < 50 || counts["transfer"] < 20 {
		t.Errorf("%+v", day)
	}
	if counts["finish"] != 600 || counts["next"] < 600+counts["transfer"] {
		t.Errorf("%d of 600 were served, %d calls, %d sent on", counts["finish"], counts["next"], counts["transfer"])
	}
	if day.Longest < 100 {
		t.Errorf("never more than %d waiting: the day is too quiet to say anything", day.Longest)
	}
}

func TestDayEnds(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	c := Config{Progress: func(string) { stop() }}.withDefaults()
	if _, err := c.day(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
