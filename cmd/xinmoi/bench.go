package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue/bench"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// runBench measures a part of the system: the queue's speed, how quickly a call
// becomes sound, or what the policy does to those who wait.
func runBench(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	callers := f.String("callers", "1,64,256,1024", "how many call at once")
	seconds := f.Float64("seconds", 2, "length of one measurement")
	slow := f.String("slow", "0,1ms,10ms", "what to add to every commit, to stand for slower disks (0: the disk as it is)")
	tickets := f.Int("tickets", 5000, "tickets of the day on which every kind of command is timed")
	dir := f.String("dir", ".", "directory on the disk to measure; cleaned up afterwards")
	boards := f.Int("boards", 1000, "boards: how many are open at once")
	phones := f.Int("phones", 5000, "phones: how many tickets' pages are open at once")
	asJSON := f.Bool("json", false, "print JSON instead of tables")
	policy := policyFlags(f)
	sound := announceFlags(f)
	calls := callsFlags(f, sound.calls)
	reports := reportFlags(f)
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) == 1 && rest[0] == "policy" {
		return policy.run(ctx, s)
	}
	if len(rest) == 1 && rest[0] == "kiosk" {
		return runKioskBench(ctx, *dir, *seconds, *asJSON, s)
	}
	if len(rest) == 1 && rest[0] == "boards" {
		return runBoardsBench(ctx, *dir, *boards, *seconds, *asJSON, s)
	}
	if len(rest) == 1 && rest[0] == "phones" {
		return runPhonesBench(ctx, *dir, *phones, *seconds, *asJSON, s)
	}
	if len(rest) == 1 && rest[0] == "console" {
		return runConsoleBench(ctx, *dir, *seconds, *asJSON, s)
	}
	if len(rest) == 1 && rest[0] == "notices" {
		return runNoticesBench(ctx, *dir, *seconds, *asJSON, s)
	}
	if len(rest) == 1 && rest[0] == "announce" {
		return sound.run(ctx, *dir, *asJSON, s)
	}
	if len(rest) == 1 && rest[0] == "reports" {
		return reports.run(ctx, *dir, *seconds, *asJSON, s)
	}
	if isCalls(rest) {
		return calls.run(ctx, rest, *seconds, *asJSON, s)
	}
	if len(rest) != 1 || rest[0] != "queue" {
		return usagef("say what to measure: queue, announce, boards, calls, console, kiosk, notices, phones, reports or policy")
	}
	c := bench.Config{
		Dir: *dir, Tickets: *tickets, Duration: time.Duration(*seconds * float64(time.Second)),
		Open:     func(ctx context.Context, dir string) (bench.Store, error) { return sqlite.Open(ctx, dir) },
		Progress: func(step string) { fmt.Fprintln(s.err, step, "…") },
	}
	if *seconds <= 0 { // Which would mean the default.
		return usagef("-seconds %g: give a positive number", *seconds)
	}
	if c.Callers, err = commaSeparated(*callers, strconv.Atoi); err != nil {
		return usagef("-callers: %v; write for example 1,64,256", err)
	}
	if c.Slow, err = commaSeparated(*slow, time.ParseDuration); err != nil {
		return usagef("-slow: %v; write for example 0,1ms,10ms", err)
	}
	if err := c.Validate(); err != nil {
		return usagef("%v", err)
	}
	fmt.Fprintf(s.err, "about %v, less than 1 GB on the disk of %s at any time\n", c.Estimate().Round(time.Second), *dir)
	report, err := bench.Queue(ctx, c)
	if err != nil {
		return err
	}
	if *asJSON {
		return report.WriteJSON(s.out)
	}
	return report.WriteText(s.out)
}

// commaSeparated reads values between commas.
func commaSeparated[T any](text string, read func(string) (T, error)) ([]T, error) {
	var values []T
	for word := range strings.SplitSeq(text, ",") {
		v, err := read(strings.TrimSpace(word))
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}
