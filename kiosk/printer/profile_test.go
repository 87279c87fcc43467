package printer_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
	"github.com/xinmoi/xinmoi/kiosk/escpos/vprinter"
	"github.com/xinmoi/xinmoi/kiosk/printer"
)

func TestProfilesAreSound(t *testing.T) {
	all, err := printer.Profiles()
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, p := range all {
		if ids[p.ID] || p.ID == "" || p.Name == "" || p.NameEN == "" || p.Width == 0 {
			t.Errorf("profile %+v is a duplicate or lacks a name or a width", p)
		}
		ids[p.ID] = true
	}
	if p, err := printer.FindProfile(""); err != nil || p.ID != "auto" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := printer.FindProfile("x"); err == nil || !strings.Contains(err.Error(), "clone-80") {
		t.Errorf("an unknown profile: %v", err)
	}
}

// Every profile prints on a printer that understands strictly what Epson
// documents, the same dots whatever the command.
func TestEveryProfilePrints(t *testing.T) {
	all, err := printer.Profiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		synctest.Test(t, func(t *testing.T) {
			v, err := vprinter.New(vprinter.Config{Width: p.Width})
			if err != nil {
				t.Fatal(err)
			}
			paper, err := escpos.NewBitmap(p.Width, 300)
			if err != nil {
				t.Fatal(err)
			}
			for i := range paper.Bits {
				paper.Bits[i] = byte(i*7) | 0x80
			}
			d := printer.New(printer.Config{Open: opener(v), Profile: p})
			want := printer.Printed
			if p.Confirm == printer.ConfirmNone {
				want = printer.Assumed
			}
			if got, err := d.Print(t.Context(), printer.Job{Paper: paper}); got != want {
				t.Errorf("%s: %s, %v", p.ID, got, err)
			}
			synctest.Wait()
			papers := v.Papers()
			switch {
			case v.Err() != nil:
				t.Errorf("%s: %v", p.ID, v.Err())
			case p.Cut == printer.CutNone:
				if len(papers) != 0 || v.Fragment() != 300+p.Feed {
					t.Errorf("%s: %d papers, %d rows hang out", p.ID, len(papers), v.Fragment())
				}
			case len(papers) != 1 || !slices.Equal(papers[0].Picture.Bits[:len(paper.Bits)], paper.Bits):
				t.Errorf("%s: %d papers, or other dots", p.ID, len(papers))
			}
		})
	}
}

func TestPaperTooNarrow(t *testing.T) {
	p, err := printer.FindProfile("clone-58")
	if err != nil {
		t.Fatal(err)
	}
	d := printer.New(printer.Config{Open: opener(virtual(t)), Profile: p})
	got, err := d.Print(t.Context(), printer.Job{Paper: picture(t, 10)})
	var f *printer.Fault
	if got != printer.Failed || !errors.As(err, &f) || f.Kind != printer.FaultBadJob {
		t.Errorf("%s, %v", got, err)
	}
}

func TestProbe(t *testing.T) {
	for _, tt := range []struct {
		name    string
		model   string
		faults  vprinter.Faults
		profile string
		confirm printer.Confirm
		clears  bool
	}{
		{"epson", "TM-T82III", vprinter.Faults{}, "epson-80", printer.ConfirmProcessID, true},
		{"old epson", "TM-T88III", vprinter.Faults{NoProcessID: true}, "epson-80-old", printer.ConfirmPaperStatus, true},
		{"clone", "XP-80C", vprinter.Faults{NoProcessID: true, NoClear: true}, "clone-80", printer.ConfirmPaperStatus, false},
		{"clone, 58 mm", "XP-58IIH", vprinter.Faults{NoProcessID: true, NoClear: true}, "clone-58", printer.ConfirmPaperStatus, false},
		{"nameless clone", "?", vprinter.Faults{NoProcessID: true, NoClear: true}, "clone-80", printer.ConfirmPaperStatus, false},
		{"unknown, but good", "SuperPrint", vprinter.Faults{}, "auto", printer.ConfirmProcessID, true},
		{"no real-time status", "SuperPrint", vprinter.Faults{NoRealTime: true}, "auto", printer.ConfirmProcessID, true},
		{"mute", "XP-80C", vprinter.Faults{Mute: true}, "blind-80", printer.ConfirmNone, false},
		{"another's acknowledgement", "TM-T82III", vprinter.Faults{WrongID: true}, "epson-80", printer.ConfirmProcessID, true},
		{"noise", "TM-T82III", vprinter.Faults{Garble: true}, "blind-80", printer.ConfirmNone, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, err := vprinter.New(vprinter.Config{Maker: "M", Model: tt.model})
				if err != nil {
					t.Fatal(err)
				}
				v.Inject(tt.faults)
				r, err := printer.Probe(t.Context(), opener(v), 0)
				if err != nil {
					t.Fatal(err)
				}
				if r.Profile.ID != tt.profile || r.Profile.Confirm != tt.confirm || r.Profile.Clear != tt.clears {
					t.Errorf("proposed %s, %s, clear %v; want %s, %s, %v", r.Profile.ID, r.Profile.Confirm, r.Profile.Clear, tt.profile, tt.confirm, tt.clears)
				}
				if text := r.String(); !strings.Contains(text, "Đề nghị") || !strings.Contains(text, tt.profile) {
					t.Error(text)
				}
				if len(v.Papers()) != 0 || v.Fragment() != 0 || v.Err() != nil {
					t.Errorf("paper came out, or %v", v.Err())
				}
				synctest.Wait()
			})
		})
	}
	if _, err := printer.Probe(t.Context(), printer.TCP("127.0.0.1:1"), time.Second); err == nil {
		t.Error("a printer that is not there was probed")
	}
}

// What a printer without paper holds does not come out with the next roll,
// where it can be told; where not, staff are.
func TestFailedTicketIsWithdrawn(t *testing.T) {
	for _, clears := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			profile, err := printer.FindProfile("auto")
			if err != nil {
				t.Fatal(err)
			}
			v := virtual(t)
			v.Inject(vprinter.Faults{PaperRows: 300, NoClear: !clears})
			d := printer.New(printer.Config{Open: opener(v), Profile: profile})
			if got, err := d.Print(t.Context(), printer.Job{Name: "A012", Paper: picture(t, 600)}); got != printer.Failed {
				t.Fatalf("%s, %v", got, err)
			}
			v.Inject(vprinter.Faults{})
			v.SetStatus(escpos.Status{}) // A new roll.
			want := map[bool]string{true: "", false: "A012"}[clears]
			if n, s := len(v.Papers()), d.Status(); (n == 0) != clears || s.MayRepeat != want {
				t.Errorf("clears %v: %d papers spilled, staff told of %q", clears, n, s.MayRepeat)
			}
			synctest.Wait()
		})
	}
}

// A printer that waits for the rest of a picture, and is deaf until it has it,
// is woken and prints the next ticket whole.
func TestWakesPrinterWithHalfAPicture(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			v := virtual(t)
			d := printer.New(printer.Config{Open: opener(v)})
			v.Inject(vprinter.Faults{CutAfter: 8192 + 20_000, KeepHalf: true, DeafInData: deaf})
			if got, _ := d.Print(t.Context(), printer.Job{Paper: picture(t, 600)}); got != printer.Unknown {
				t.Fatalf("got %s, want unknown", got)
			}
			v.Inject(vprinter.Faults{KeepHalf: true})
			want := picture(t, 100)
			if got, err := d.Print(t.Context(), printer.Job{Paper: want}); got != printer.Printed {
				t.Errorf("deaf %v: %s, %v", deaf, got, err)
			}
			papers := v.Papers()
			if len(papers) != 1 || v.Err() != nil {
				t.Fatalf("deaf %v: %d papers, %v", deaf, len(papers), v.Err())
			}
			if got := papers[0].Picture.Bits; !slices.Equal(got[len(got)-len(want.Bits):], want.Bits) {
				t.Errorf("deaf %v: the ticket is not whole", deaf)
			}
			synctest.Wait()
		})
	}
}

func TestFaultsOfAnswers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		faults vprinter.Faults
		want   printer.Outcome
	}{
		{"late", vprinter.Faults{AnswerLag: vprinter.Lag(300 * time.Millisecond)}, printer.Printed},
		{"twice", vprinter.Faults{Twice: true}, printer.Printed},
		{"another's", vprinter.Faults{WrongID: true}, printer.Unknown},
		{"garbled", vprinter.Faults{Garble: true}, printer.Assumed},
		{"no real-time status", vprinter.Faults{NoRealTime: true}, printer.Printed},
		{"slow line", vprinter.Faults{Rate: 11_520}, printer.Printed},
		{"far too slow", vprinter.Faults{Rate: 960}, printer.Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := virtual(t)
				v.Inject(tt.faults)
				d := printer.New(printer.Config{Open: opener(v)})
				got, err := d.Print(t.Context(), printer.Job{Paper: picture(t, 600)})
				if got != tt.want {
					t.Errorf("%s, %v; want %s", got, err, tt.want)
				}
				time.Sleep(time.Minute) // In the bubble: a slow line comes to its end.
				if papers := len(v.Papers()); got == printer.Printed && papers != 1 {
					t.Errorf("%s with %d papers", got, papers)
				}
			})
		})
	}
}

func TestSpare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := virtual(t), virtual(t)
		both := printer.WithSpare(printer.New(printer.Config{Name: "one", Open: opener(one)}), printer.New(printer.Config{Name: "two", Open: opener(two)}))
		job := printer.Job{Paper: picture(t, 50)}
		for _, tt := range []struct {
			one, two   vprinter.Faults
			want       printer.Outcome
			ones, twos int
		}{
			{vprinter.Faults{}, vprinter.Faults{}, printer.Printed, 1, 0},
			{vprinter.Faults{Refuse: true}, vprinter.Faults{}, printer.Printed, 1, 1},
			{vprinter.Faults{DropAcks: true}, vprinter.Faults{}, printer.Unknown, 2, 1},
			{vprinter.Faults{Refuse: true}, vprinter.Faults{Refuse: true}, printer.Failed, 2, 1},
		} {
			one.Inject(tt.one)
			two.Inject(tt.two)
			got, err := both.Print(t.Context(), job)
			if got != tt.want || len(one.Papers()) != tt.ones || len(two.Papers()) != tt.twos {
				t.Errorf("%+v: %s, %v, papers %d and %d", tt, got, err, len(one.Papers()), len(two.Papers()))
			}
		}
		if s := both.Status(); s.Printed != 2 || s.Unknown != 1 {
			t.Errorf("status %+v", s)
		}
		synctest.Wait()
	})
}
