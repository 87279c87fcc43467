package notes

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web"
)

// Notes outlive the program, and not the day: then they are gone from the disk.
func TestStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	open := func() *Store {
		s, err := Open(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	note := func(s *Store, id string) web.Note {
		n, err := s.Note(t.Context(), id)
		if err != nil {
			t.Error(err)
		}
		return n
	}
	s := open()
	secret := web.Note{Text: "Bí mật của công dân", Dossier: "H1"}
	for id, n := range map[string]web.Note{"5": secret, "6": {Text: "x"}, "7": secret, "20": {Text: "mới"}} {
		if err := s.SetNote(t.Context(), id, n); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SetNote(t.Context(), "6", web.Note{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open()
	if note(s, "5") != secret || note(s, "6") != (web.Note{}) {
		t.Errorf("after the restart %+v %+v", note(s, "5"), note(s, "6"))
	}
	// The day turns: ticket 7 was in hand, 20 is of the new day.
	opened := queue.Event{Kind: queue.DayOpened, Seq: 10, Opening: &queue.Opening{Tickets: []queue.Ticket{{ID: "7"}}}}
	if err := s.keepOf(t.Context(), opened); err != nil {
		t.Fatal(err)
	}
	if note(s, "5") != (web.Note{}) || note(s, "7") != secret || note(s, "20").Text != "mới" {
		t.Errorf("%v", s.all)
	}
	opened.Opening.Tickets = nil
	if err := s.keepOf(t.Context(), opened); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if raw, err := os.ReadFile(file); err != nil || bytes.Contains(raw, []byte("Bí mật")) {
			t.Errorf("%s: %v, or the note can still be read there", file, err)
		}
	}
}

func TestBounded(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), FileName), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range most {
		s.all[string(rune(i))+"x"] = web.Note{Text: "x"}
	}
	if err := s.SetNote(context.Background(), "1", web.Note{Text: "x"}); queue.ErrorCode(err) != queue.CodeRateLimited {
		t.Error(err)
	}
}
