package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

// TestForAgency: one agency's part of the Friday, and nothing of the other's.
func TestForAgency(t *testing.T) {
	h := friday(t)
	all := h.figures("2026-11-20")
	got := all.For("dat-dai")
	if len(got.Agencies) != 1 || got.Agencies[0].ID != "dat-dai" || len(got.Services) != 1 || got.Services[0].ID != "B" {
		t.Errorf("agencies %+v, services %+v", got.Agencies, got.Services)
	}
	total := all.group(t, "dat-dai")
	total.ID, total.Name, total.NameEN = "", "", ""
	if diff := cmp.Diff(total, got.Total); diff != "" {
		t.Errorf("the total is not the agency's:\n%s", diff)
	}
	if len(got.Counters) != 1 || got.Counters[0].ID != "2" || got.Counters[0].Agency != "dat-dai" {
		t.Errorf("counters %+v", got.Counters)
	}
	if len(got.OutOfOrder) != 0 || len(got.Channels)+len(got.Classes)+len(got.Endings)+got.CardsIssued != 0 {
		t.Errorf("what is not its own is in it: %+v", got)
	}
	if len(got.Notes) != len(all.Notes)+1 || !strings.Contains(got.Notes[0].VI, "dat-dai") || !strings.Contains(got.Notes[0].EN, "dat-dai") {
		t.Errorf("notes %+v", got.Notes)
	}
	body, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, foreign := range []string{"Hộ tịch", "tu-phap", "Tư pháp", "mẹ bế con nhỏ", "null"} {
		if strings.Contains(string(body), foreign) {
			t.Errorf("%q gets out: %s", foreign, body)
		}
	}
	if other := all.For("tu-phap"); len(other.OutOfOrder) != len(all.OutOfOrder) || len(other.Counters) != 0 || other.Total.Calls == 0 {
		t.Errorf("the other agency: %+v", other)
	}
	if diff := cmp.Diff(h.figures("2026-11-20"), all); diff != "" {
		t.Errorf("the whole was changed:\n%s", diff)
	}
	if diff := cmp.Diff(all, all.For("")); diff != "" {
		t.Errorf("of all agencies:\n%s", diff)
	}
}

// TestTicketsOfForeignCounter: an agency lists the tickets of its own counters,
// and at others no tickets but its own.
func TestTicketsOfForeignCounter(t *testing.T) {
	b := friday(t).book("")
	stays := func(agency string, part Part, id string) (of map[string]bool) {
		of = map[string]bool{}
		got, err := b.Tickets(t.Context(), Spec{From: "2026-11-20", Agency: agency}, Pick{part, id, FigureStays}, 0, listMost)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range got.Lines {
			of[l.ID] = true
		}
		return of
	}
	own, seen := stays("", ByService, "B"), stays("dat-dai", ByCounter, "1")
	if all := stays("", ByCounter, "1"); len(seen) == 0 || len(seen) >= len(all) {
		t.Errorf("%d of %d tickets at a counter that serves everybody", len(seen), len(all))
	}
	for id := range seen {
		if !own[id] {
			t.Errorf("ticket %s of another agency gets out", id)
		}
	}
}

// TestIssuingOfAgency: a stop of its service is an agency's, and so is one of
// all services.
func TestIssuingOfAgency(t *testing.T) {
	h := newHall(t, twoAgencies(), "2026-11-20 08:00:00")
	for _, service := range []string{"A", "B", ""} {
		h.do(queue.IssuingRequest{Meta: by("staff-1"), Service: service, Stopped: true, Reason: "vì " + service})
	}
	var got []string
	for _, s := range h.figures("2026-11-20").For("dat-dai").Issuing {
		got = append(got, s.Reason)
	}
	if diff := cmp.Diff([]string{"vì B", "vì "}, got); diff != "" {
		t.Error(diff)
	}
}

// TestForNobody: an agency that there is not has no part, and its figures can
// be written like any.
func TestForNobody(t *testing.T) {
	got := friday(t).figures("2026-11-20").For("so-y-te")
	if !reflect.DeepEqual(got.Total, Group{}) || len(got.Agencies)+len(got.Services)+len(got.Counters)+len(got.OutOfOrder) != 0 {
		t.Errorf("%+v", got)
	}
	var table, sheet bytes.Buffer
	if err := got.Print(&table); err != nil || !strings.Contains(table.String(), "so-y-te") {
		t.Errorf("%v: %s", err, &table)
	}
	if err := got.CSV(&sheet); err != nil {
		t.Error(err)
	}
}

// TestServiceTakenAway: what an agency's service did before it was taken away
// stays its part.
func TestServiceTakenAway(t *testing.T) {
	h := newHall(t, twoAgencies(), "2026-11-20 08:00:00")
	h.take("B001", "B", queue.Kiosk, "")
	h.act("B001", queue.Cancel)
	less := twoAgencies()
	less.Services = less.Services[:1]
	for i := range less.Counters {
		less.Counters[i].Services = []string{"A"}
	}
	h.do(queue.ConfigureRequest{Meta: by("admin-1"), Setup: less})
	got := h.figures("2026-11-20").For("dat-dai")
	if len(got.Services) != 1 || got.Services[0].ID != "B" || got.Services[0].Cancelled != 1 || got.Total.Cancelled != 1 {
		t.Errorf("%+v", got.Services)
	}
}

// TestPartsOfAgencies: whatever happens, each counter, service and call out of
// order is one agency's part or nobody's, and the parts are balanced.
func TestPartsOfAgencies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyDays(t)
		for _, day := range days(h.log()) {
			all := h.figures(day)
			issued, calls, services := 0, 0, 0
			for _, agency := range []string{"tu-phap", "dat-dai"} {
				f := all.For(agency)
				if !f.Total.Balanced() || len(f.OutOfOrder) != f.Total.OutOfOrder {
					t.Fatalf("%s: %+v, %d calls out of order", agency, f.Total, len(f.OutOfOrder))
				}
				issued, calls, services = issued+f.Total.Issued, calls+len(f.OutOfOrder), services+len(f.Services)
			}
			if issued != all.Total.Issued || calls != len(all.OutOfOrder) || services != len(all.Services) {
				t.Fatalf("%d of %d issued, %d of %d calls, %d of %d services", issued, all.Total.Issued, calls, len(all.OutOfOrder), services, len(all.Services))
			}
		}
	})
}
