//go:build e2e

package e2e

import (
	"bytes"
	"encoding/csv"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestReportPages lets a day go by and reads its report in a real browser; every
// page is checked for accessibility on the way. The figures are counted here,
// from what was done.
func TestReportPages(t *testing.T) {
	t.Parallel()
	browsing(t)
	s := start(t, "", voiceConfig(t, "[speaker]\noutput = \"off\"\n"))
	for range 5 {
		s.take("A")
	}
	s.take("B")
	s.must(http.StatusOK, "POST", "/offices/"+office+"/counters/1/open", "staff", nil, nil)
	for range 2 {
		var tk ticket
		s.must(http.StatusOK, "POST", "/offices/"+office+"/counters/1/next", "staff", nil, &tk)
		s.must(http.StatusOK, "POST", "/offices/"+office+"/tickets/"+tk.ID+"/start", "staff", nil, nil)
		s.must(http.StatusOK, "POST", "/offices/"+office+"/tickets/"+tk.ID+"/finish", "staff", nil, nil)
	}
	var absent ticket
	s.must(http.StatusOK, "POST", "/offices/"+office+"/counters/1/next", "staff", nil, &absent)
	s.must(http.StatusOK, "POST", "/offices/"+office+"/tickets/"+absent.ID+"/no-show", "staff", nil, nil)

	var made struct {
		Total struct {
			Issued, Served int
			NoShow         int `json:"no_show"`
		}
		Parts map[string][]struct {
			ID     string
			Issued int
		}
	}
	s.must(http.StatusOK, "GET", "/offices/"+office+"/report", "staff", nil, &made)
	if made.Total.Issued != 6 || made.Total.Served != 2 || made.Total.NoShow != 1 {
		t.Errorf("the report has %+v", made.Total)
	}
	var list struct {
		Lines []struct{ Number string }
		Times int
	}
	s.must(http.StatusOK, "GET", "/offices/"+office+"/report/tickets?part=service&id=A&figure=no_show", "staff", nil, &list)
	if list.Times != 1 || len(list.Lines) != 1 || list.Lines[0].Number != absent.Number {
		t.Errorf("behind the no-shows are %+v, want %s", list, absent.Number)
	}
	s.must(http.StatusForbidden, "GET", "/offices/"+office+"/report", "kiosk", nil, nil)

	base := "http://" + s.http
	checkFiles(t, s, base)
	browse(t, s, "reports.mjs", map[string]any{
		"base": base, "staff": base + "/reports?token=" + s.token("staff"), "absent": absent.Number,
	}, nil, "axe reports", "axe reports-tickets", "axe reports-english", "axe reports-print", "axe reports-none", "narrow")
}

// checkFiles gets the files of a report as a browser would.
func checkFiles(t *testing.T, s *server, base string) {
	t.Helper()
	for path, begin := range map[string]string{"/reports/report.csv": "\xef\xbb\xbf", "/reports/tickets.csv": "\xef\xbb\xbf", "/reports/report.xlsx": "PK\x03\x04"} {
		for role, want := range map[string]int{"staff": http.StatusOK, "kiosk": http.StatusForbidden, "": http.StatusUnauthorized} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if role != "" {
				req.Header.Set("Authorization", "Bearer "+s.token(role))
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || res.StatusCode != want {
				t.Errorf("%s as %q: %d, %v; want %d", path, role, res.StatusCode, err, want)
				continue
			}
			if want != http.StatusOK {
				continue
			}
			if !bytes.HasPrefix(body, []byte(begin)) {
				t.Errorf("%s begins with %q", path, body[:min(len(body), 8)])
			}
			if path == "/reports/tickets.csv" {
				rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(body), begin))).ReadAll()
				if err != nil || len(rows) != 1+6 || !slices.ContainsFunc(rows, func(r []string) bool { return r[1] == "B001" }) {
					t.Errorf("tickets: %d rows, %v: %q", len(rows), err, rows)
				}
			}
		}
	}
}
