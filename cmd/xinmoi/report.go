package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/report"
)

// runReport prints the figures of a business day, also beside a running server.
func runReport(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	data := f.String("data", defaultData, "data directory; read only, a server may be running there")
	office := f.String("office", queue.CommuneCentre().Office, "id of the office")
	day := f.String("day", "", "business `day`, like 2026-11-21 (default: the latest one)")
	asJSON := f.Bool("json", false, "print JSON, as GET /api/v1/offices/{office}/figures does")
	asCSV := f.Bool("csv", false, "print one table for a spreadsheet: UTF-8 with a byte order mark, durations in seconds")
	agency := f.String("agency", "", "`id` of the one agency whose part is wanted, where several share the hall")
	public := f.Bool("public", false, "leave out staff's names and words: what may be hung up in the hall")
	if err := parseFlags(f, args); err != nil {
		return err
	}
	if *asJSON && *asCSV {
		return usagef("give one of -json and -csv")
	}
	log, err := openLog(*data)
	if err != nil {
		return err
	}
	figures, err := report.Of(ctx, log, *office, *day)
	if err = errors.Join(err, log.Close()); err != nil {
		return adviseOnDay(err, *office, *day)
	}
	if *agency != "" {
		if err := knownAgency(*agency, agenciesIn(figures)); err != nil {
			return err
		}
		figures = figures.For(*agency)
	}
	if *public {
		figures = figures.Public()
	}
	switch {
	case *asJSON:
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		return e.Encode(figures)
	case *asCSV:
		return figures.CSV(s.out)
	default:
		return figures.Print(s.out)
	}
}

// agenciesIn lists the agencies of a day.
func agenciesIn(f report.Figures) (list []queue.Agency) {
	for _, g := range f.Agencies {
		if g.ID != "" {
			list = append(list, queue.Agency{ID: g.ID, Name: g.Name})
		}
	}
	return list
}

// adviseOnDay says what to do about a day that cannot be had.
func adviseOnDay(err error, office, day string) error {
	switch {
	case queue.ErrorCode(err) == queue.CodeBadRequest:
		return usagef("-day %q: write it like 2026-11-21", day)
	case errors.Is(err, report.ErrNoDay) && day == "":
		return fmt.Errorf("no business day of office %s in the log; name another office with -office ID", office)
	case errors.Is(err, report.ErrNoDay):
		return fmt.Errorf("no business day %s of office %s in the log; without -day you get the latest one", day, office)
	default:
		return fmt.Errorf("%w; \"xinmoi verify\" checks the whole log", err)
	}
}
