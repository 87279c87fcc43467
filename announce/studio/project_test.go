package studio

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
)

func TestNewRecordingNeedsConsent(t *testing.T) {
	for name, spoil := range map[string]func(*Brief){
		"no consent": func(b *Brief) { b.Consent = false },
		"no name":    func(b *Brief) { b.Speaker = " \t" },
		"long name":  func(b *Brief) { b.Speaker = strings.Repeat("á", maxName+1) },
		"licence":    func(b *Brief) { b.Licence = "mine" },
		"region":     func(b *Brief) { b.Region = "west" },
	} {
		b := goodBrief()
		spoil(&b)
		dir := t.TempDir()
		_, err := newShelf(dir, newClock()).create(b)
		var p *Problem
		if !errors.As(err, &p) || p.Status != http.StatusBadRequest || p.VI == "" || p.EN == "" {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("%s left %v", name, left)
		}
	}
}

func TestNamesOfRecordings(t *testing.T) {
	for name, want := range map[string]string{
		"Nguyễn Thị Đào": "nguyen-thi-dao", "  Lê  Văn-Tám ": "le-van-tam", "李": "", "../../etc": "etc", "A": "a",
		strings.Repeat("dài ", 20): "dai-dai-dai-dai-dai-dai-dai-da",
	} {
		if got := slug(strings.Join(strings.Fields(name), " ")); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	s := newShelf(t.TempDir(), newClock())
	first, err1 := s.create(goodBrief())
	second, err2 := s.create(goodBrief())
	b := goodBrief()
	b.Speaker = "李"
	third, err3 := s.create(b)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	for p, want := range map[*project]string{first: "vi-north-nguyen-thi-dao", second: "vi-north-nguyen-thi-dao-2", third: "vi-north-giong"} {
		if p.state.ID != want || !validID(p.state.ID) || len(p.state.Code) != 6 {
			t.Errorf("%q (valid %v), code %q, want %q", p.state.ID, validID(p.state.ID), p.state.Code, want)
		}
	}
	for _, bad := range []string{"", "..", "north", "vi-north", "vi-north-a/b", "vi-north-a..", "vi-west-a", "vi-north-" + strings.Repeat("a", 60)} {
		if _, err := s.get(bad); validID(bad) || err == nil {
			t.Errorf("%q is taken for a recording", bad)
		}
	}
}

func TestAtMostTwentyRecordings(t *testing.T) {
	s := newShelf(t.TempDir(), newClock())
	for range maxProjects {
		if _, err := s.create(goodBrief()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.create(goodBrief()); err == nil {
		t.Error("there is no bound")
	}
}

// What was answered is there after a crash, in another process; what was not is
// cleared away.
func TestResume(t *testing.T) {
	p, c := newProject(t)
	id := "n.25.c"
	good, err := p.add(id, recorded(lineOf(t, p, id)), false)
	if err != nil || !usable(good.Findings) {
		t.Fatalf("%+v, %v", good, err)
	}
	if err := p.accept(id, good.ID); err != nil {
		t.Fatal(err)
	}
	orphan := p.takePath("n.26.c", 1)
	if err := os.WriteFile(orphan, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(26 * time.Hour)
	again, err := newShelf(filepath.Dir(p.dir), c).get(p.state.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.state.Clips[id]; got.Accepted != good.ID || len(got.Takes) != 1 || !reflect.DeepEqual(got.Takes[0], good) {
		t.Errorf("%+v, want %+v", got, good)
	}
	if _, err := os.Stat(orphan); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the half-written take is still there: %v", err)
	}
	if before, err := p.sound(id, good.ID); err != nil {
		t.Error(err)
	} else if after, err := again.sound(id, good.ID); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("the sound differs, %v", err)
	}
	if progress := again.progress(); progress.Done != 1 || !progress.RoomDue {
		t.Errorf("%+v", progress)
	}
	next, err := again.add("n.26.c", recorded(lineOf(t, again, "n.26.c")), false)
	if err != nil || next.Sitting == good.Sitting {
		t.Errorf("the next day is the same sitting: %+v, %v", next, err)
	}
}

// A take that cannot be written is not half there.
func TestDiskFailure(t *testing.T) {
	p, _ := newProject(t)
	id := "n.25.c"
	if err := os.Rename(filepath.Join(p.dir, takesDir), filepath.Join(p.dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.add(id, recorded(lineOf(t, p, id)), false); err == nil {
		t.Fatal("it says that it has saved")
	}
	if len(p.state.Clips) != 0 {
		t.Errorf("the state tells of %+v", p.state.Clips[id])
	}
	if err := os.Rename(filepath.Join(p.dir, "elsewhere"), filepath.Join(p.dir, takesDir)); err != nil {
		t.Fatal(err)
	}
	if got, err := p.add(id, recorded(lineOf(t, p, id)), false); err != nil || got.ID != 1 {
		t.Errorf("afterwards: take %d, %v", got.ID, err)
	}
}

func TestThreeTakesAreKept(t *testing.T) {
	p, _ := newProject(t)
	id := "n.25.c"
	sound := recorded(lineOf(t, p, id))
	for range 2 {
		if _, err := p.add(id, sound, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.accept(id, 1); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if _, err := p.add(id, sound, false); err != nil {
			t.Fatal(err)
		}
	}
	var ids []int
	for _, take := range p.state.Clips[id].Takes {
		ids = append(ids, take.ID)
	}
	if !reflect.DeepEqual(ids, []int{1, 5, 6}) || p.state.Clips[id].Accepted != 1 {
		t.Errorf("takes %v, accepted %d", ids, p.state.Clips[id].Accepted)
	}
	files, err := os.ReadDir(filepath.Join(p.dir, takesDir))
	if err != nil || len(files) != maxTakes {
		t.Errorf("%d files, %v", len(files), err)
	}
	if err := p.accept(id, 2); err == nil {
		t.Error("a take that is gone was accepted")
	}
}

func TestBadTakeIsKeptButNotAccepted(t *testing.T) {
	p, _ := newProject(t)
	bad, err := p.add("n.25.c", room(2*time.Second, -60), false)
	if err != nil || usable(bad.Findings) {
		t.Fatalf("%+v, %v", bad, err)
	}
	var refused *Problem
	if err := p.accept("n.25.c", bad.ID); !errors.As(err, &refused) || refused.Status != http.StatusConflict {
		t.Errorf("%v", err)
	}
	if _, err := p.add("n.25.c", audio.Silence(8000, maxTake+time.Second), false); !errors.As(err, &refused) || refused.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a long one: %v", err)
	}
	if _, err := p.add("n.1000.c", recorded(Line{Target: "ba"}), false); !errors.As(err, &refused) || refused.Status != http.StatusNotFound {
		t.Errorf("an unknown clip: %v", err)
	}
}

func TestCutByHand(t *testing.T) {
	p, _ := newProject(t)
	id := "n.25.c"
	made, err := p.add(id, recorded(lineOf(t, p, id)), false)
	if err != nil {
		t.Fatal(err)
	}
	from, to := time.Duration(made.From-20)*time.Millisecond, time.Duration(made.To+30)*time.Millisecond
	moved, err := p.recut(id, made.ID, from, to)
	if err != nil || moved.From != made.From-20 || moved.To != made.To+30 || !moved.ByHand {
		t.Fatalf("%+v, %v", moved, err)
	}
	short, err := p.heard(id, made.ID)
	if err != nil || short.Duration() > to-from || short.Duration() < (to-from)/2 {
		t.Errorf("%v is heard of %v, %v", short.Duration(), to-from, err)
	}
	for _, bad := range [][2]time.Duration{{-1, to}, {to, from}, {from, time.Hour}, {from, from + time.Millisecond}} {
		if _, err := p.recut(id, made.ID, bad[0], bad[1]); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
	if p.state.Clips[id].Takes[0].From != moved.From {
		t.Error("a refused cut has moved it")
	}
}

// A sitting with another gain comes out as loud, and a word that is softer than
// the others stays softer.
func TestOneGainPerSitting(t *testing.T) {
	p, c := newProject(t)
	read := func(id string, db float64) {
		sound := recorded(lineOf(t, p, id))
		sound.Gain(db)
		made, err := p.add(id, sound, false)
		if err == nil {
			err = p.accept(id, made.ID)
		}
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
	}
	for _, id := range []string{"n.20.c", "n.21.c", "n.22.c"} {
		read(id, 0)
	}
	read("n.23.c", -5)
	c.now = c.now.Add(24 * time.Hour)
	for _, id := range []string{"n.30.c", "n.31.c", "n.32.c"} {
		read(id, -9)
	}
	level := func(id string) float64 {
		clip, err := p.heard(id, 1)
		if err != nil {
			t.Fatal(err)
		}
		lufs, err := audio.ActiveLUFS(clip)
		if err != nil {
			t.Fatal(err)
		}
		if peak := audio.TruePeak(clip); peak > audio.LimitDBTP+0.1 {
			t.Errorf("%s peaks at %.1f dBTP", id, peak)
		}
		return lufs
	}
	first, soft, second := level("n.21.c"), level("n.23.c"), level("n.31.c")
	if d := first - second; d < -0.7 || d > 0.7 {
		t.Errorf("the sittings differ by %.1f LU", d)
	}
	if d := first - soft; d < 1 || d > 3 {
		t.Errorf("a word 5 dB softer comes out %.1f LU softer, want 2", d)
	}
	if d := first - audio.SpeechLUFS; d < -1 || d > 1 {
		t.Errorf("%.1f LUFS, want %.1f", first, audio.SpeechLUFS)
	}
}

func TestRoomCheckAndReferences(t *testing.T) {
	p, c := newProject(t)
	quiet := room(time.Second, -65)
	read := func(db float64) audio.PCM {
		sentence, _ := hum(roomSentence, 0, db)
		return inRoom(audio.Append(quiet.Clone(), sentence, 0), -65)
	}
	r, d, err := p.checked(read(-14))
	if err != nil || !usable(r.Findings) || d.Heard() || p.progress().RoomDue {
		t.Fatalf("%+v %v %v, due %v", r, d, err, p.progress().RoomDue)
	}
	sitting := p.state.Sitting
	c.now = c.now.Add(time.Minute)
	if r, d, err = p.checked(read(-14)); err != nil || d.Heard() || p.state.Sitting != sitting {
		t.Errorf("the same again: %v, sitting %d after %d, %v", d, p.state.Sitting, sitting, err)
	}
	if r, d, err = p.checked(read(-22)); err != nil || !d.Heard() || p.state.Sitting == sitting {
		t.Errorf("8 dB softer: %v, sitting %d after %d, %v", d, p.state.Sitting, sitting, err)
	}
	if r, _, err = p.checked(room(3*time.Second, -20)); err != nil || usable(r.Findings) || len(p.state.References) != 3 {
		t.Errorf("a fan: %+v, %d references, %v", r, len(p.state.References), err)
	}
	for len(p.state.References) < maxReferences {
		p.state.References = append(p.state.References, Reference{Level: -99})
	}
	if _, _, err = p.checked(read(-14)); err != nil {
		t.Fatal(err)
	}
	if len(p.state.References) > maxReferences || p.state.References[0].Level == -99 || p.state.References[maxReferences-1].Level == -99 {
		t.Errorf("%d references, the first or the latest is lost", len(p.state.References))
	}
}

func TestRemove(t *testing.T) {
	s := newShelf(t.TempDir(), newClock())
	p, err := s.create(goodBrief())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.add("n.25.c", recorded(lineOf(t, p, "n.25.c")), false); err != nil {
		t.Fatal(err)
	}
	if err := s.remove(p.state.ID); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(s.dir); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if _, err := p.add("n.25.c", recorded(lineOf(t, p, "n.25.c")), false); err == nil {
		t.Error("a removed recording takes recordings")
	}
	if left, _ := os.ReadDir(s.dir); len(left) != 0 {
		t.Errorf("it has come back: %v", left)
	}
	if err := s.remove(p.state.ID); err == nil {
		t.Error("removed twice")
	}
}

func TestProgressAndPace(t *testing.T) {
	p, c := newProject(t)
	begin := p.progress()
	if begin.Done != 0 || begin.EssentialTotal < 250 || begin.EssentialTotal > 350 || begin.Total <= begin.EssentialTotal || begin.Minutes < 30 || !begin.RoomDue || begin.ReferenceDue {
		t.Fatalf("%+v", begin)
	}
	for i, l := range p.lines[:referenceEvery] {
		c.now = c.now.Add(5 * time.Second)
		if i == 10 {
			c.now = c.now.Add(10 * time.Minute) // Tea.
		}
		made, err := p.add(l.ID, recorded(Line{Target: l.Target}), true)
		if err == nil {
			err = p.accept(l.ID, made.ID)
		}
		if err != nil {
			t.Fatalf("%s: %v", l.ID, err)
		}
	}
	now := p.progress()
	if now.Done != referenceEvery || !now.ReferenceDue || now.Minutes != (begin.EssentialTotal-referenceEvery)*5/60+1 {
		t.Errorf("%+v", now)
	}
}

// The state survives its file, whatever is recorded.
func TestStateRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		st := state{Format: stateFormat, ID: "vi-north-a", Region: announce.North, Clips: map[string]*clipState{}}
		for _, id := range rapid.SliceOfDistinct(rapid.StringMatching(`[a-z]\.[0-9]{1,3}\.[ncf]`), rapid.ID[string]).Draw(t, "clips") {
			st.Clips[id] = &clipState{Last: rapid.IntRange(1, 9).Draw(t, "last"), Accepted: rapid.IntRange(0, 9).Draw(t, "accepted")}
		}
		b, err := json.Marshal(st)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parseState(b); err != nil || !reflect.DeepEqual(got, st) {
			t.Fatalf("%+v, %v, want %+v", got, err, st)
		}
	})
}

// FuzzParseState reads any file as a state: an error, or something that can be
// written and read again.
func FuzzParseState(f *testing.F) {
	f.Add([]byte(`{"format":1,"id":"vi-north-a","region":"north","clips":{"n.25.c":{"takes":[{"id":1}],"accepted":1,"last":1},"../x":{}}}`))
	f.Add([]byte(`{"format":2}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		st, err := parseState(b)
		if err != nil {
			return
		}
		for id := range st.Clips {
			if !clipID.MatchString(id) {
				t.Fatalf("clip %q", id)
			}
		}
		out, err := json.Marshal(st)
		if err != nil {
			t.Skip() // A year beyond 9999 is no time in JSON.
		}
		if again, err := parseState(out); err != nil || len(again.Clips) != len(st.Clips) || again.Region != st.Region {
			t.Fatalf("%v: %s", err, out)
		}
	})
}
