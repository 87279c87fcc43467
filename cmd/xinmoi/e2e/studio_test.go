//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/studio"
	packs "github.com/xinmoi/xinmoi/announce/voice"
)

// TestStudio records a voice in a real browser: consent, microphone check, a
// clip read twice, cut by hand and kept; after a kill -9 it goes on in another
// browser on a telephone's screen; the rest comes by upload; the voice is made,
// passes "voice check", and speaks for the office, also after a restart.
func TestStudio(t *testing.T) {
	t.Parallel()
	browsing(t, "espeak-ng")
	binary(t)
	shared, err := voice()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	config := filepath.Join(dir, "xinmoi.toml")
	if err := os.MkdirAll(filepath.Join(data, "voices"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(shared, filepath.Join(data, "voices", "north")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte("[speaker]\noutput = \"off\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, data, []string{"-config", config})
	script := studio.Script(announce.North, nil)

	began := time.Now()
	lap := func(what string) { t.Logf("%s after %v", what, time.Since(began).Round(time.Second)) }
	first := s.sitting(t, "first", script[0].Text(), 1366, 900)
	const id = "vi-north-nguyen-thi-dao"
	if k := first["kept"]; k.Clip != script[0].ID || !strings.Contains(k.Progress, "1 /") {
		t.Errorf("kept %+v", k)
	}
	if take := first["take"]; take.Takes != 2 {
		t.Errorf("%+v", take)
	}
	if w := first["heard"].Words; strings.Contains(w, script[0].Key.Text) || !strings.Contains(w, "đến quầy số") {
		t.Errorf("the placeholder says %q", w)
	}
	lap("the first sitting ended")
	s.kill()
	s.run()
	second := s.sitting(t, "second", script[1].Text(), 360, 740)
	if r := second["resumed"]; r.Clip != script[1].ID || !strings.Contains(r.Progress, "1 /") {
		t.Errorf("resumed with %+v", r)
	}
	lap("the second sitting ended")
	s.upload(t, "/studio/"+id, shared)
	lap("the rest was uploaded")
	last := s.sitting(t, "finish", script[0].Text(), 1366, 900)
	if w := last["packed"].Words; !strings.Contains(w, "Kiểm tra: tốt") {
		t.Errorf("packed: %s", w)
	}
	lap("the voice was made")
	pack := filepath.Join(data, "voices", id)
	if out, err := exec.Command(binary(t), "voice", "check", "-dir", pack).CombinedOutput(); err != nil {
		t.Errorf("voice check: %v\n%s", err, out)
	}
	s.speaksAs(t, "Nguyễn Thị Đào, miền Bắc")
	s.stop()
	s.run()
	s.speaksAs(t, "Nguyễn Thị Đào, miền Bắc")
}

// sitting lets one browser with one sentence at its microphone go through a
// stage of studio.mjs.
func (s *server) sitting(t *testing.T, stage, sentence string, width, height int) map[string]step {
	t.Helper()
	mic := filepath.Join(t.TempDir(), "mic.wav")
	microphone(t, mic, sentence)
	steps := browse(t, s, "studio.mjs", map[string]any{
		"mic": mic, "stage": stage, "width": width, "height": height, "url": "http://" + s.http + "/studio?token=" + s.token("admin"),
	}, func(st step) any {
		for _, f := range st.Findings {
			if strings.HasPrefix(f, "fail") {
				t.Errorf("%s: %s: %s", stage, st.Step, f)
			}
		}
		return nil
	})
	if _, ok := steps["done"]; !ok {
		t.FailNow() // As told: what comes next goes on from here.
	}
	return steps
}

// microphone writes what a microphone hears, again and again: somebody reads a
// sentence in a quiet room and waits.
func microphone(t *testing.T, path, sentence string) {
	t.Helper()
	spoken := filepath.Join(t.TempDir(), "spoken.wav")
	if out, err := exec.Command("espeak-ng", "-v", "vi", "-s", "150", "-a", "60", "-w", spoken, sentence).CombinedOutput(); err != nil {
		t.Fatalf("espeak-ng: %v: %s", err, out)
	}
	b, err := os.ReadFile(spoken)
	if err != nil {
		t.Fatal(err)
	}
	p, err := audio.DecodeWAV(b)
	if err == nil {
		p, err = audio.Resample(p, audio.RatePA)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.Gain(-20 - audio.DB(audio.ActiveRMS(p)))
	p = audio.Append(audio.Silence(audio.RatePA, 300*time.Millisecond), p, 0)
	p = audio.Append(p, audio.Silence(audio.RatePA, 4800*time.Millisecond), 0) // Time for a slow browser to notice it and count down.
	p = inQuietRoom(p, 1)
	if err := os.WriteFile(path, audio.EncodeWAV(p), 0o600); err != nil {
		t.Fatal(err)
	}
}

// inQuietRoom adds the noise of a room at -65 dBFS.
func inQuietRoom(p audio.PCM, seed uint32) audio.PCM {
	for i := range p.Samples {
		seed = seed*1664525 + 1013904223
		p.Samples[i] += float32(int32(seed)) / (1 << 31) * 0.001
	}
	return p
}

// upload sends what the browser has not recorded of the essential part, as
// clips of the placeholder voice, and keeps them.
func (s *server) upload(t *testing.T, project, shared string) {
	t.Helper()
	var state struct {
		Groups []struct {
			ID        string
			Essential bool
		}
		Lines []struct {
			ID, Group string
			Accepted  int
		}
	}
	s.studio(t, "GET", project+"/state", nil, &state)
	keys := map[string]packs.Key{}
	for _, l := range studio.Script(announce.North, nil) {
		keys[l.ID] = l.Key
	}
	essential := map[string]bool{}
	for _, g := range state.Groups {
		essential[g.ID] = g.Essential
	}
	pack, err := packs.Open(shared)
	if err != nil {
		t.Fatal(err)
	}
	var g errgroup.Group
	g.SetLimit(2)
	for i, l := range state.Lines {
		if !essential[l.Group] || l.Accepted != 0 {
			continue
		}
		g.Go(func() error {
			clip, err := pack.Clip(keys[l.ID])
			if err != nil {
				return err
			}
			pcm := inQuietRoom(clip.Clone(), uint32(i)) // No two readings are alike to the bit.
			var made struct {
				Take struct {
					ID       int
					Usable   bool
					Findings []struct{ Text string }
				}
			}
			s.studio(t, "POST", project+"/takes/"+l.ID+"?alone=1", audio.EncodeWAV(pcm), &made)
			if !made.Take.Usable {
				return fmt.Errorf("%s: %v", l.ID, made.Take.Findings)
			}
			s.studio(t, "POST", fmt.Sprintf("%s/takes/%s/%d/accept", project, l.ID, made.Take.ID), []byte{}, nil)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// studio asks the studio as the administrator.
func (s *server) studio(t *testing.T, method, path string, body []byte, into any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.http+path, bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+s.token("admin"))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		t.Errorf("%s %s: %s %v %.300s", method, path, res.Status, err, text)
		return
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Errorf("%s: %v in %.300s", path, err, text)
		}
	}
}

// speaksAs waits until the administrator sees that the office speaks with
// somebody's voice.
func (s *server) speaksAs(t *testing.T, who string) {
	t.Helper()
	s.await("the voice of "+who+" in use", 10*time.Second, func() bool {
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+s.http+"/admin", nil)
		if err != nil {
			return false
		}
		req.Header.Set("Authorization", "Bearer "+s.token("admin"))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		return err == nil && bytes.Contains(text, []byte(who))
	})
}
