package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
	"github.com/xinmoi/xinmoi/queue/whatif"
)

// runWhatIf replays a past day with something changed.
func runWhatIf(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	data := f.String("data", defaultData, "data directory; read only, a server may be running there")
	office := f.String("office", queue.CommuneCentre().Office, "id of the office")
	day := f.String("day", "", "business day to replay, like 2026-11-21")
	rates := f.String("rates", "", "other rates normal:appointment:priority, like 1:2:2")
	add := f.String("add-counter", "", "services of one more counter, like A,B")
	from := f.String("from", "", "from when the counter added is open, like 07:30 (default: while any counter is)")
	to := f.String("to", "", "until when, like 11:30")
	remove := f.String("remove-counter", "", "counters that nobody works at, like 3 or 3,4")
	plan := f.String("plan", "", "instead of -day: suggest how many counters to open on this `date`, from the days like it")
	within := f.Duration("within", 15*time.Minute, "with -plan: how long people should wait at most")
	share := f.Float64("share", 0.9, "with -plan: how many of them, 0 to 1")
	minutes := f.String("service-minutes", "", "how long a stay at a counter takes on average, like A=4,B=7.5")
	if err := parseFlags(f, args); err != nil {
		return err
	}
	switch {
	case *plan != "":
		return suggestPlan(ctx, *data, *office, *plan, whatif.Goal{Within: *within, Share: *share}, s)
	case *day == "":
		return usagef("say which day: -day 2026-11-21, or -plan for a day to come")
	case *add == "" && *from+*to != "":
		return usagef("-from and -to go with -add-counter")
	}
	change, err := readChange(*rates, *add, *from, *to, *remove, *minutes)
	if err != nil {
		return err
	}
	log, err := openLog(*data)
	if err != nil {
		return err
	}
	events, err := whatif.ReadDay(ctx, log, *office, *day)
	if err = errors.Join(err, log.Close()); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%s: %d events; replaying …\n", *day, len(events))
	result, err := whatif.Replay(ctx, events, change)
	if err != nil {
		return err
	}
	return result.WriteText(s.out)
}

// suggestPlan prints how many counters should be open when, going by the four
// days a week apart before that day, or where there are fewer than two by the
// days before it.
func suggestPlan(ctx context.Context, data, office, day string, goal whatif.Goal, s streams) (err error) {
	at, err := time.Parse(time.DateOnly, day)
	switch {
	case err != nil:
		return usagef("-plan %q: write it like 2026-11-23", day)
	case goal.Within <= 0 || !(goal.Share > 0 && goal.Share <= 1):
		return usagef("-within must be above nought, -share above 0 and not above 1")
	}
	log, err := openLog(data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	var logs [][]queue.Event
	for _, step := range []int{7, 1} {
		logs = nil
		for n := 1; n <= 14 && len(logs) < 4; n++ {
			if events, err := whatif.ReadDay(ctx, log, office, at.AddDate(0, 0, -n*step).Format(time.DateOnly)); err == nil {
				logs = append(logs, events)
				fmt.Fprintf(s.err, "%s: %d events\n", events[0].Opening.Day, len(events))
			}
		}
		if len(logs) > 1 {
			break
		}
	}
	plans, err := whatif.Suggest(ctx, logs, goal)
	if err != nil {
		return err
	}
	return whatif.WriteText(s.out, goal, plans)
}

// readChange reads what is to be otherwise as people type it.
func readChange(rates, add, from, to, remove, minutes string) (c whatif.Change, err error) {
	if rates != "" {
		if c.Rates, err = readRates(rates); err != nil {
			return c, err
		}
	}
	list := func(text string) []string {
		return strings.FieldsFunc(strings.ToUpper(text), func(r rune) bool { return r == ',' || r == ' ' })
	}
	if add != "" {
		c.Add = []whatif.Shift{{Services: list(add), From: from, To: to}}
	}
	c.Remove = list(remove)
	for _, word := range list(minutes) {
		service, text, _ := strings.Cut(word, "=")
		m, err := strconv.ParseFloat(text, 64)
		if err != nil || !(m >= 0.01 && m < 24*60) {
			return c, usagef("-service-minutes %q: write for example A=4,B=7.5", word)
		}
		if c.Minutes == nil {
			c.Minutes = map[string]time.Duration{}
		}
		c.Minutes[service] = time.Duration(m * float64(time.Minute))
	}
	return c, nil
}

// readRates reads normal:appointment:priority.
func readRates(text string) (queue.Rates, error) {
	parts := strings.Split(text, ":")
	var v [3]float64
	for i, p := range parts {
		n, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || len(parts) != len(v) || !(n > 0 && n < 1000) { // What an office may use, it says itself.
			return queue.Rates{}, usagef("-rates %q: write normal:appointment:priority, for example 1:2:2", text)
		}
		v[i] = n
	}
	return queue.Rates{Normal: v[0], Appointment: v[1], Priority: v[2]}, nil
}

// openLog opens the log in a data directory to be read beside a server.
func openLog(data string) (*sqlite.Log, error) {
	path, err := storeIn(data)
	if err != nil {
		return nil, err
	}
	return sqlite.OpenLog(path)
}

// policyBench is what "bench policy" may be told.
type policyBench struct {
	days *int
	seed *uint64
}

func policyFlags(f *flag.FlagSet) policyBench {
	return policyBench{
		days: f.Int("days", 400, "policy: days to play under each rule at each load"),
		seed: f.Uint64("seed", 1, "policy: of the first day; the same people come under every rule"),
	}
}

// run compares rules of who is next on days made up, and prints tables.
func (p policyBench) run(ctx context.Context, s streams) error {
	start, told := time.Now(), time.Time{}
	c := whatif.Comparison{Days: *p.days, Seed: *p.seed, Loads: []float64{0.80, 0.95}, Progress: func(done, of int) {
		if now := time.Now(); now.Sub(told) > time.Second || done == of {
			told = now
			fmt.Fprintf(s.err, "\r%d of %d days, %s", done, of, now.Sub(start).Round(time.Second))
		}
	}}
	if err := c.Validate(); err != nil {
		return usagef("%v", err)
	}
	outcomes, err := whatif.Compare(ctx, c)
	fmt.Fprintln(s.err)
	if err != nil {
		return err
	}
	return whatif.WriteTables(s.out, outcomes)
}
