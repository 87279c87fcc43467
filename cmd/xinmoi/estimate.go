package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/xinmoi/xinmoi/queue/estimate"
	"github.com/xinmoi/xinmoi/queue/estimate/eval"
)

// runEstimateEval measures wait estimates on recorded days of real offices.
// The last line on s.out is ours, for programs.
func runEstimateEval(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	train := f.String("train", "", "`file` of snapshots to learn from: CSV, gzip or plain")
	test := f.String("test", "", "`file` of snapshots to test on; may hold other offices")
	from := f.String("from", "", "test from this `date` on, like 2020-01-09, and learn each night from all earlier days of both files")
	frozen := f.Bool("frozen", false, "without -from: remember nothing of the tested days, not even how fast a line was yesterday")
	details := f.Bool("v", false, "print the figures by people waiting and by office as well")
	if err := parseFlags(f, args); err != nil {
		return err
	}
	switch {
	case *train == "" || *test == "":
		return usagef("give -train FILE and -test FILE")
	case *from != "" && *frozen:
		return usagef("-frozen is for tests without -from")
	}
	if *from != "" {
		if _, err := time.Parse(time.DateOnly, *from); err != nil {
			return usagef("-from %q: write it like 2020-01-09", *from)
		}
	}
	var err error
	t := eval.Trial{From: *from, Frozen: *frozen}
	if t.Train, err = snapshots(*train); err != nil {
		return err
	}
	if t.Test, err = snapshots(*test); err != nil {
		return err
	}
	answers, err := eval.Run(ctx, t)
	if err != nil {
		return err
	}
	if len(answers) == 0 {
		return errors.New("no moment in the tested days has at least 3 waiting, an open counter and a known end")
	}
	if *details {
		printScores(s.out, "waiting", eval.ByWaiting(answers))
		printScores(s.out, "office", eval.ByOffice(answers))
	}
	for _, r := range estimate.Rules() {
		score := eval.Of(r, answers)
		fmt.Fprintf(s.out, "%-14s %7.2f min  %5.3f × LES\n", r, score.MAE, score.Ratio())
	}
	ours := eval.Ours(answers)
	fmt.Fprintf(s.err, "%d moments, mean wait %.1f min; 80 %% interval: %.1f %% longer, mean width %.1f min, Winkler score %.1f\n",
		ours.Moments, ours.Wait, 100*ours.Late, ours.Width, ours.Winkler)
	fmt.Fprintf(s.out, "mae_min=%.2f mae_over_les=%.4f coverage80=%.4f\n", ours.MAE, ours.Ratio(), ours.Cover)
	return nil
}

// snapshots reads a file into office days.
func snapshots(file string) ([]eval.OfficeDay, error) {
	rows, err := eval.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return eval.Days(rows), nil
}

func printScores(w io.Writer, by string, parts []eval.Part) {
	for _, p := range parts {
		fmt.Fprintf(w, "%s %-20s %6d moments  LES %6.2f  ours %6.2f min  %5.3f × LES  coverage %4.1f %%  longer %4.1f %%\n",
			by, p.Name, p.Moments, p.LES, p.MAE, p.Ratio(), 100*p.Cover, 100*p.Late)
	}
}
