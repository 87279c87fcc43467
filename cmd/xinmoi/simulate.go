package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/xinmoi/xinmoi/queue/sim"
)

// runSimulate lives through office days that go wrong. It fails when something
// was found wrong, and says with which seed it can be seen again.
func runSimulate(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	var c sim.Config
	f.Uint64Var(&c.Seed, "seed", 1, "everything is drawn from it; the same seed gives the same report")
	seeds := f.Int("seeds", 1, "how many seeds, from -seed on")
	f.IntVar(&c.Days, "days", 1, "days in a row for each seed")
	f.IntVar(&c.People, "people", 160, "citizens a day")
	f.Float64Var(&c.Faults, "faults", 0.03, "share of commits that meet a fault; -1: none")
	f.StringVar(&c.Bug, "bug", "", "put a defect in, to see that it is found: "+strings.Join(sim.Bugs(), ", "))
	verbose := f.Bool("v", false, "print all that happens")
	weeks := f.Bool("week", false, "instead: what telephone, chat and appointments spare citizens in weeks without faults, as a table; with -v what it rests on")
	if err := parseFlags(f, args); err != nil {
		return err
	}
	switch {
	case *seeds < 1:
		return usagef("-seeds %d: give at least 1", *seeds)
	case *weeks:
		return runWeek(ctx, c.Seed, *seeds, *verbose, s.out)
	}
	if err := c.Validate(); err != nil {
		return usagef("%v", err)
	}
	if *verbose {
		c.Trace = s.out
	}
	report, found, err := simulate(ctx, c, *seeds, s.err)
	if err != nil {
		return err
	}
	if err := report.WriteText(s.out); err != nil {
		return err
	}
	if found > 0 {
		return fmt.Errorf("%d of %d seeds show something wrong; see one again with -seed %d -v", found, *seeds, report.Findings[0].Seed)
	}
	return nil
}

// simulate runs seeds one after the other and counts those that show something
// wrong. The report has the details of the first few of them.
func simulate(ctx context.Context, c sim.Config, seeds int, progress io.Writer) (total sim.Report, found int, err error) {
	const details, every = 3, 100
	for n := range seeds {
		report, err := sim.Run(ctx, c)
		if err != nil {
			return total, found, err
		}
		c.Seed++
		if len(report.Findings) > 0 {
			if found++; found > details {
				report.Findings = nil
			}
		}
		if seeds == 1 {
			return report, found, nil
		}
		total = total.Add(report)
		if done := n + 1; done%every == 0 {
			fmt.Fprintf(progress, "%d of %d seeds, %d with findings\n", done, seeds, found)
		}
	}
	return total, found, nil
}
