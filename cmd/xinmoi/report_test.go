package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/report"
)

func TestReportCommand(t *testing.T) {
	data := office(t, 3)
	mustSay(t, exitOK, []string{"Figures of 20", "Tất cả", "chưa hết ngày", "PHIẾU · Tickets"}, runReport, "-data", data)
	said := mustSay(t, exitOK, nil, runReport, "-data", data, "-json", "-public")
	var f report.Figures
	if err := json.Unmarshal([]byte(said), &f); err != nil || f.Total.Issued != 3 || f.Total.Open != 3 {
		t.Errorf("%v: %+v", err, f.Total.Counts)
	}
	said = mustSay(t, exitOK, []string{"Đã cấp · Issued"}, runReport, "-data", data, "-csv", "-day", f.Day)
	if !strings.HasPrefix(said, "\ufeff") {
		t.Error("the table for Excel does not begin with a byte order mark")
	}
	mustSay(t, exitFailed, []string{"no business day 2001-01-01", "without -day"}, runReport, "-data", data, "-day", "2001-01-01")
	mustSay(t, exitFailed, []string{"no business day of office elsewhere", "-office"}, runReport, "-data", data, "-office", "elsewhere")
	mustSay(t, exitUsage, []string{"like 2026-11-21"}, runReport, "-data", data, "-day", "today")
	mustSay(t, exitUsage, []string{"one of"}, runReport, "-data", data, "-json", "-csv")
	mustSay(t, exitUsage, []string{"unexpected"}, runReport, "-data", data, "today")
}

func TestReportOfOneAgency(t *testing.T) {
	data := sharedOffice(t)
	said := mustSay(t, exitOK, nil, runReport, "-data", data, "-agency", "so-y-te", "-json")
	var f report.Figures
	if err := json.Unmarshal([]byte(said), &f); err != nil || f.Total.Issued != 1 || len(f.Services) != 1 || f.Services[0].Agency != "so-y-te" {
		t.Errorf("%v: %+v", err, f)
	}
	mustSay(t, exitOK, []string{"PHIẾU · Tickets", "so-y-te"}, runReport, "-data", data, "-agency", "so-y-te", "-public")
	mustSay(t, exitFailed, []string{`-agency "so-x": give one of so-y-te (Sở Y tế), so-xay-dung (Sở Xây dựng)`}, runReport, "-data", data, "-agency", "so-x")
	mustSay(t, exitFailed, []string{"no agencies", "leave -agency away"}, runReport, "-data", office(t, 1), "-agency", "so-y-te")
}

// dayOf is a store with one office in it.
func dayOf(t *testing.T) *memory.Store {
	t.Helper()
	store := &memory.Store{}
	at := time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: store, Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	if a := e.Together(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk})[0]; a.Err != nil {
		t.Fatal(a.Err)
	}
	return store
}

func TestFiguresForTheInterface(t *testing.T) {
	figures := figuresOf(dayOf(t))
	for _, day := range []string{"", "2026-11-20"} {
		got, err := figures(t.Context(), "trung-tam", day, "")
		if f, ok := got.(report.Figures); err != nil || !ok || f.Total.Issued != 1 {
			t.Errorf("%q: %+v, %v", day, got, err)
		}
	}
	got, err := figures(t.Context(), "trung-tam", "", "so-y-te")
	if f, ok := got.(report.Figures); err != nil || !ok || f.Total.Issued != 0 || len(f.Services) != 0 {
		t.Errorf("of an agency that there is not: %+v, %v", got, err)
	}
	for day, want := range map[string]queue.Code{"2026-11-19": api.CodeNotFound, "2026-13-01": queue.CodeBadRequest} {
		if got, err := figures(t.Context(), "trung-tam", day, ""); queue.ErrorCode(err) != want || got != nil {
			t.Errorf("%q: %v, want %s", day, err, want)
		}
	}
}

// TestFiguresAreDescribed: the description of the interface names exactly the
// members that figures have.
func TestFiguresAreDescribed(t *testing.T) {
	raw, err := api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Paths map[string]struct {
			Get struct {
				Responses map[string]struct {
					Content map[string]struct {
						Schema struct {
							Properties map[string]struct{ Type string }
						}
					}
				}
			}
		}
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	described := d.Paths["/offices/{office}/figures"].Get.Responses["200"].Content["application/json"].Schema.Properties
	f, err := report.Of(t.Context(), dayOf(t), "trung-tam", "")
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		t.Fatal(err)
	}
	for name, value := range members {
		if got := described[name].Type; !slices.Contains(typesOf(value), got) {
			t.Errorf("%s is described as %q, but is %T", name, got, value)
		}
	}
	if len(described) != len(members) {
		t.Errorf("%d members described, %d there", len(described), len(members))
	}
}

// typesOf are the names by which JSON Schema may call a value's type.
func typesOf(value any) []string {
	switch value.(type) {
	case string:
		return []string{"string"}
	case bool:
		return []string{"boolean"}
	case float64:
		return []string{"integer", "number"}
	case []any:
		return []string{"array"}
	default:
		return []string{"object"}
	}
}
