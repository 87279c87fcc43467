package main

import (
	"testing"
	"time"
)

// TestBenchNotices: everybody is answered and every call told; what was measured
// is in the report. Whether the provider's limits were kept is for a quiet
// machine to say.
func TestBenchNotices(t *testing.T) {
	r, err := benchNotices(t.Context(), t.TempDir(), 12, 3)
	if err != nil || r.People != 12 || r.Calls != 3 || len(r.Goals) == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if r.All <= 0 || r.Call.P50 <= 0 || r.Commit.P50 <= 0 || r.Chat.P50 <= 0 || r.Request.P50 <= 0 {
		t.Errorf("something was not measured: %+v", r)
	}
	if r.Goals[1].Name != "12 people answered, s" {
		t.Errorf("the goal is called %q", r.Goals[1].Name)
	}
}

// TestTooFast: two to one chat may come at once, and thirty a second in all.
func TestTooFast(t *testing.T) {
	start := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		n    int
		gap  time.Duration
		chat func(i int) string
		want int
	}{
		"one chat, one a second": {5, time.Second, func(int) string { return "1" }, 0},
		"one chat, too many":     {5, 200 * time.Millisecond, func(int) string { return "1" }, 3},
		"many chats":             {40, 34 * time.Millisecond, func(i int) string { return string(rune('0' + i)) }, 0},
		"too many chats":         {40, 10 * time.Millisecond, func(i int) string { return string(rune('0' + i)) }, 10},
	} {
		p := &provider{}
		for i := range c.n {
			p.came = append(p.came, arrival{chat: c.chat(i), at: start.Add(time.Duration(i) * c.gap)})
		}
		if got := p.tooFast(); got != c.want {
			t.Errorf("%s: %d too fast, want %d", name, got, c.want)
		}
	}
}
