package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
	peopledesk "github.com/xinmoi/xinmoi/queue/people/desk"
)

// configure changes the setup of an office.
func configure(t *testing.T, e *queue.Engine, edit func(*queue.Setup)) {
	t.Helper()
	view, err := e.Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	edit(&view.Setup)
	if _, err := e.Configure(t.Context(), queue.ConfigureRequest{Setup: view.Setup}); err != nil {
		t.Fatal(err)
	}
}

// A change of the time zone and of the region is heard of while the program runs.
func TestWhereaboutsFollowTheOffice(t *testing.T) {
	e := lateOffice(t, nil)
	var w whereabouts
	if w.location() != time.UTC {
		t.Errorf("%v before the office was asked", w.location())
	}
	ctx, stop := context.WithCancel(t.Context())
	heard, over := make(chan queue.Info), make(chan error, 1)
	go func() {
		over <- w.follow(ctx, e, slog.New(slog.DiscardHandler), func(info queue.Info) { heard <- info })
	}()
	if <-heard; w.location().String() != "Asia/Ho_Chi_Minh" {
		t.Errorf("%v at first", w.location())
	}
	configure(t, e, func(s *queue.Setup) {
		s.TimeZone, s.Region, s.Name = "Asia/Tokyo", string(announce.South), "Trung tâm xã Tân Phú"
	})
	if info := <-heard; w.location().String() != "Asia/Tokyo" || info.Region != string(announce.South) {
		t.Errorf("%v, %+v after the change", w.location(), info)
	}
	if vi, _ := w.names(t.Context()); vi != "Trung tâm xã Tân Phú" {
		t.Errorf("%q after the change", vi)
	}
	stop()
	if err := <-over; err != context.Canceled {
		t.Error(err)
	}
}

// A page goes by the office's clock of now: between these two zones it is never
// the same day.
func TestPagesFollowTheTimeZone(t *testing.T) {
	a := running(t, alone(t))
	admin := everybody(t, a)["person-"+string(queue.RoleAdmin)]
	heard := make(chan struct{}, 1)
	go func() {
		_ = a.where.follow(t.Context(), a.engine, a.log, func(queue.Info) {
			select {
			case heard <- struct{}{}:
			default: // Who waits has yet to look.
			}
		})
	}()
	for _, zone := range []string{"Pacific/Kiritimati", "Pacific/Pago_Pago"} {
		configure(t, a.engine, func(s *queue.Setup) { s.TimeZone = zone })
		for a.where.location().String() != zone { // A day that opens is heard of, too.
			<-heard
		}
		r := httptest.NewRequest(http.MethodGet, peopledesk.AuditPath, nil)
		for _, c := range admin {
			r.AddCookie(c)
		}
		before, w := time.Now().In(zoneOf(zone)).Format(time.DateOnly), httptest.NewRecorder()
		a.handler.ServeHTTP(w, r)
		after := time.Now().In(zoneOf(zone)).Format(time.DateOnly)
		if page := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(page, `value="`+before+`"`) && !strings.Contains(page, `value="`+after+`"`) {
			t.Errorf("%s: %d, not of %s", zone, w.Code, after)
		}
	}
}

// beeper is a voice without words.
type beeper struct{}

func (beeper) Name(string) string { return "beeper" }

func (beeper) Speak(context.Context, voice.Key) (audio.PCM, error) {
	return audio.Beep(audio.RatePA, 400, 100*time.Millisecond), nil
}

// A telephone beside the queue speaks as the office's region of now; where it
// has no voice of that region, it keeps the one it has.
func TestRemoteVoiceFollowsTheRegion(t *testing.T) {
	cfg, err := defaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data = t.TempDir()
	v, err := openRemoteVoice(queue.Info{Region: "north"}, cfg, streams{err: new(strings.Builder)})
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := v.follow("south"); changed || err == nil || v.Region != announce.North {
		t.Errorf("without a voice: %v, %v, speaks as in %s", changed, err, v.Region)
	}
	recipe := voice.Recipe{Region: "south", Speaker: beeper{}, Clips: []voice.ClipSpec{{ID: "ca", Key: voice.Key{Text: "một"}}}}
	if _, err := voice.Build(t.Context(), voiceDir(cfg.Data, announce.South), recipe); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		if changed, err := v.follow("south"); changed != want || err != nil || v.Region != announce.South || v.renderer.Voice() == nil {
			t.Errorf("%v, %v, speaks as in %s with %v", changed, err, v.Region, v.renderer.Voice())
		}
	}
	if changed, err := v.follow("west"); changed || err == nil {
		t.Errorf("a region that there is not: %v, %v", changed, err)
	}
}
