package eval

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// Row is one line at one time.
type Row struct {
	Office   string
	Date     string // "2020-01-09"
	Minute   int    // Of the day.
	Queue    string // Id, unique in its office.
	Counters int    // Open for this line.
	Waiting  int
	Current  int // Number being served, without its letter; -1 = no news.
}

// Limits on what a file may claim.
const (
	mostFigure = 1_000_000  // Of people, counters and numbers.
	mostRows   = 20_000_000 // In a file.
)

// columns of a file, in any order; others are passed over.
func columns() []string {
	return []string{"office", "date", "time", "queue_id", "open_counters", "waiting", "current"}
}

// ReadFile reads a file of snapshots, gzip or plain.
func ReadFile(name string) (rows []Row, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	rows, err = Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rows, nil
}

// Read reads snapshots as CSV with a header, gzip or plain. An error names the
// line it is in.
func Read(r io.Reader) ([]Row, error) {
	in := bufio.NewReader(r)
	if head, err := in.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("not a whole gzip file: %w", err)
		}
		return parse(unzipped)
	}
	return parse(in)
}

func parse(r io.Reader) ([]Row, error) {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("no header line: %w", err)
	}
	at, err := places(header)
	if err != nil {
		return nil, err
	}
	var rows []Row
	names := map[string]string{} // The same few names on every line.
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err // It names the line.
		}
		row, err := parseRow(record, at, names)
		if err != nil {
			line, _ := in.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		if rows = append(rows, row); len(rows) > mostRows {
			return nil, fmt.Errorf("more than %d lines", mostRows)
		}
	}
}

// places finds the columns.
func places(header []string) ([]int, error) {
	var at []int
	for _, want := range columns() {
		found := -1
		for i, name := range header {
			if strings.TrimPrefix(name, "\ufeff") == want {
				found = i
			}
		}
		if found < 0 {
			return nil, fmt.Errorf("no column %q in the header; needed are %s", want, strings.Join(columns(), ", "))
		}
		at = append(at, found)
	}
	return at, nil
}

func parseRow(record []string, at []int, names map[string]string) (Row, error) {
	name := func(i int) string {
		s := record[at[i]]
		known, ok := names[s]
		if !ok {
			known = strings.Clone(s)
			names[known] = known
		}
		return known
	}
	r := Row{Office: name(0), Date: name(1), Queue: name(3)}
	if r.Office == "" || r.Queue == "" {
		return r, errors.New("office and queue_id must not be empty")
	}
	if _, err := time.Parse(time.DateOnly, r.Date); err != nil {
		return r, fmt.Errorf("date %.20q is not like 2020-01-09", r.Date)
	}
	clock := record[at[2]]
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return r, fmt.Errorf("time %.20q is not like 08:05", clock)
	}
	r.Minute = t.Hour()*60 + t.Minute()
	if r.Counters, err = figure(record[at[4]], 0); err != nil {
		return r, fmt.Errorf("open_counters %w", err)
	}
	if r.Waiting, err = figure(record[at[5]], 0); err != nil {
		return r, fmt.Errorf("waiting %w", err)
	}
	if r.Current, err = figure(strings.TrimLeftFunc(record[at[6]], notDigit), -1); err != nil {
		return r, fmt.Errorf("current %w", err)
	}
	return r, nil
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// figure reads a whole number; nothing, or NA, is none.
func figure(s string, none int) (int, error) {
	if s == "" || s == "NA" {
		return none, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > mostFigure {
		return 0, fmt.Errorf("%.20q is no number from 0 to %d", s, mostFigure)
	}
	return n, nil
}
