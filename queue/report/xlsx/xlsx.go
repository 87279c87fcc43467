// Package xlsx is for taking a report into a spreadsheet: a sheet for each
// table, numbers as numbers, and the tickets behind them on the last one.
package xlsx

import (
	"archive/zip"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/xinmoi/xinmoi/queue/report"
)

// Formats of numbers: built-in ones that every spreadsheet writes in the way of
// its own language, but for times.
const (
	formatCount   = 3  // #,##0
	formatScore   = 4  // #,##0.00
	formatPercent = 10 // 0.00%
	formatHours   = 46 // [h]:mm:ss
	secondsADay   = 24 * 60 * 60
)

// Write writes a report as a workbook in a language, "vi" or "en", and the
// tickets that it is made of, if any are given. It takes its time, so that the
// office goes on; the error is that of ctx when it ends.
func Write(ctx context.Context, out io.Writer, r *report.Report, list *report.List, language string) (err error) {
	f := excelize.NewFile()
	f.SetZipWriter(func(w io.Writer) excelize.ZipWriter {
		z := zip.NewWriter(w)
		z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
		return z
	})
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	styles, err := stylesOf(f)
	if err != nil {
		return fmt.Errorf("styles: %w", err)
	}
	tables := r.Tables()
	if len(list.Lines) > 0 {
		tables = append(tables, list.Table(r.TimeZone))
	}
	taken, pace := map[string]bool{}, report.NewPace()
	for i, t := range tables {
		name := sheetName(t.Title.In(language), taken)
		if i == 0 {
			err = f.SetSheetName("Sheet1", name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err == nil {
			err = writeTable(ctx, f, name, t, heading(r, t, language), styles, language, pace)
		}
		if err != nil {
			return fmt.Errorf("sheet %q: %w", name, err)
		}
	}
	return f.Write(paced{ctx, out, pace})
}

// paced rests between what is written.
type paced struct {
	ctx  context.Context
	out  io.Writer
	pace *report.Pace
}

func (p paced) Write(b []byte) (int, error) {
	if err := p.pace.Rest(p.ctx); err != nil {
		return 0, err
	}
	return p.out.Write(b)
}

// heading is what stands over a table.
func heading(r *report.Report, t report.Table, language string) []string {
	lines := []string{r.Name, t.Title.In(language) + ", " + r.Period().In(language)}
	if note := t.Note.In(language); note != "" {
		lines = append(lines, note)
	}
	return lines
}

// sheetName makes a name that a workbook takes: at most 31 characters, none of
// them special, and no other sheet's.
func sheetName(title string, taken map[string]bool) string {
	title = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return ' '
		}
		return r
	}, title)
	letters := []rune(title)
	name := strings.TrimSpace(string(letters[:min(len(letters), 31)]))
	for i := 2; name == "" || taken[name]; i++ {
		name = fmt.Sprintf("%s %d", strings.TrimSpace(string(letters[:min(len(letters), 27)])), i)
	}
	taken[name] = true
	return name
}

// styles are those of cells, by what they hold.
type styles struct {
	kind        map[report.Kind]int
	head, title int
}

func stylesOf(f *excelize.File) (s styles, err error) {
	s.kind = map[report.Kind]int{}
	for kind, format := range map[report.Kind]int{
		report.Count: formatCount, report.Score: formatScore, report.Minutes: formatHours, report.Hours: formatHours, report.Percent: formatPercent,
	} {
		if s.kind[kind], err = f.NewStyle(&excelize.Style{NumFmt: format}); err != nil {
			return s, err
		}
	}
	if s.title, err = f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 13}}); err != nil {
		return s, err
	}
	s.head, err = f.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F1F4F9"}},
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}, Border: []excelize.Border{{Type: "bottom", Style: 1, Color: "8793A5"}},
	})
	return s, err
}

// writeTable streams a table to a sheet, so that a month of tickets takes
// little memory.
func writeTable(ctx context.Context, f *excelize.File, sheet string, t report.Table, over []string, s styles, language string, pace *report.Pace) error {
	w, err := f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	if err := w.SetColWidth(1, 1, 34); err != nil {
		return err
	}
	if n := len(t.Columns); n > 1 {
		if err := w.SetColWidth(2, n, 14); err != nil {
			return err
		}
	}
	row := 0
	put := func(cells []any) error {
		row++
		return w.SetRow(fmt.Sprintf("A%d", row), cells)
	}
	for i, line := range over {
		style := s.title
		if i > 1 {
			style = 0
		}
		if err := put([]any{excelize.Cell{StyleID: style, Value: line}}); err != nil {
			return err
		}
	}
	row++
	head := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = excelize.Cell{StyleID: s.head, Value: columnTitle(c, language)}
	}
	if err := put(head); err != nil {
		return err
	}
	cells := make([]any, len(t.Columns))
	for r := range t.All() {
		if err := pace.Rest(ctx); err != nil {
			return err
		}
		for i, c := range r {
			cells[i] = cellOf(c, s, language)
		}
		if err := put(cells[:len(r)]); err != nil {
			return err
		}
	}
	return w.Flush()
}

// columnTitle is a column's; minutes are durations here, so that sums work.
func columnTitle(c report.Column, language string) string {
	title := c.Title.In(language)
	for _, unit := range []string{" (phút)", " (min)"} {
		title = strings.TrimSuffix(title, unit)
	}
	return title
}

// cellOf writes a value, never a formula: text stays text.
func cellOf(c report.Cell, s styles, language string) any {
	switch c.Kind {
	case report.Word, report.Change:
		return c.Text.In(language)
	case report.Count:
		return excelize.Cell{StyleID: s.kind[c.Kind], Value: int64(c.Value)}
	case report.Minutes, report.Hours:
		return excelize.Cell{StyleID: s.kind[c.Kind], Value: c.Value / secondsADay}
	case report.Percent, report.Score:
		return excelize.Cell{StyleID: s.kind[c.Kind], Value: c.Value}
	default:
		return nil
	}
}
