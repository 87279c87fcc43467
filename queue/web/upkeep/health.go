// Package upkeep is for the pages with which an administrator keeps an office
// running: how everything is, backups, and the whole office as one file. How
// everything is, "xinmoi doctor" says in the same words from the same Report.
package upkeep

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Report is how everything is: what the page shows and the doctor prints.
type Report struct {
	At       time.Time `json:"at"`
	Version  string    `json:"version"`
	Running  bool      `json:"running"` // Made by the server; else it looked at the machine alone.
	Sections []Section `json:"sections"`
}

// Section is one part of the system.
type Section struct {
	ID      string     `json:"id"`
	Title   string     `json:"title"`
	TitleEN string     `json:"title_en"`
	Rows    []page.Row `json:"rows"`
}

// Worst is the worst level of all rows.
func (r Report) Worst() page.Level {
	worst := page.OK
	for _, s := range r.Sections {
		for _, row := range s.Rows {
			if row.Level == page.Fail || row.Level == page.Warn && worst == page.OK {
				worst = row.Level
			}
		}
	}
	return worst
}

// Summary says in one sentence what is to be done.
func (r Report) Summary() (vi, en string) {
	var fails, warns int
	for _, s := range r.Sections {
		for _, row := range s.Rows {
			switch row.Level {
			case page.Fail:
				fails++
			case page.Warn:
				warns++
			}
		}
	}
	switch {
	case fails > 0:
		return fmt.Sprintf("Có %d lỗi và %d điều cần xem: sửa những dòng ghi LỖI trước.", fails, warns), fmt.Sprintf("%d failed, %d to look at: mend those marked FAILED first.", fails, warns)
	case warns > 0:
		return fmt.Sprintf("Hệ thống chạy; có %d điều cần xem.", warns), fmt.Sprintf("It works; %d to look at.", warns)
	default:
		return "Mọi thứ đều tốt.", "All is well."
	}
}

// Mark is a level in words: colour alone tells nobody.
func Mark(level page.Level, l page.Lang) string {
	switch level {
	case page.OK:
		return l.T("Tốt", "OK")
	case page.Warn:
		return l.T("Cần xem", "Check")
	case page.Fail:
		return l.T("LỖI", "FAILED")
	default:
		return ""
	}
}

// WriteText writes the report for a terminal, in Vietnamese and, where it says
// something else, in English below.
func (r Report) WriteText(w io.Writer) error {
	vi, en := r.Summary()
	var b strings.Builder
	fmt.Fprintf(&b, "xinmoi %s, %s\n%s (%s)\n", r.Version, r.At.Format("02/01/2006 15:04:05"), vi, en)
	for _, s := range r.Sections {
		fmt.Fprintf(&b, "\n%s · %s\n", s.Title, s.TitleEN)
		for _, row := range s.Rows {
			label, value := row.Words(page.Vietnamese)
			labelEN, valueEN := row.Words(page.English)
			mark := ""
			if m := Mark(row.Level, page.Vietnamese); m != "" {
				mark = "[" + m + "]"
			}
			fmt.Fprintf(&b, "  %-9s %s: %s\n", mark, label, value)
			if label != labelEN || value != valueEN {
				fmt.Fprintf(&b, "  %-9s %s: %s\n", "", labelEN, valueEN)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
