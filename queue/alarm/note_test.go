package alarm

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What a citizen said is raised once, however often the log is read, and what
// was done about it can be read back.
func TestNotes(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	open := func() *Book {
		b, err := Open(t.Context(), Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	sign := Sign{Key: "rating:12", Kind: Rating, VI: "Số A012 được đánh giá mức 1", EN: "Number A012 was rated 1"}
	b := open()
	for range 2 {
		if err := b.RaiseOnce(t.Context(), sign); err != nil {
			t.Fatal(err)
		}
	}
	list, err := b.Standing(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if err := b.Note(t.Context(), list[0].ID, "an", "  Đã gọi xin lỗi, bổ sung ghế  "); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "   ", string(make([]byte, noteMost+1))} {
		if err := b.Note(t.Context(), list[0].ID, "an", bad); err == nil {
			t.Errorf("a note of %d bytes is taken", len(bad))
		}
	}
	for _, more := range []struct{ who, text string }{{"binh", "Ghế\n đã  về"}, {"an", "Đã cảm ơn"}} {
		if err := b.Note(t.Context(), list[0].ID, more.who, more.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = open()
	defer b.Close()
	if err := b.RaiseOnce(t.Context(), sign); err != nil {
		t.Fatal(err)
	}
	for full := false; !full; {
		full = b.Note(t.Context(), list[0].ID, "an", strings.Repeat("x", noteMost)) != nil
		if again, err := b.History(t.Context(), time.Time{}); err != nil || len(again[0].Note) > notesMost {
			t.Fatalf("%d bytes of notes, %v", len(again[0].Note), err)
		}
	}
	list, err = b.History(t.Context(), time.Time{})
	if err != nil || len(list) != 1 || !strings.HasPrefix(list[0].Note, "Đã gọi xin lỗi, bổ sung ghế\nbinh: Ghế đã về\nan: Đã cảm ơn\nan: x") || list[0].AckedBy != "an" || list[0].Open() {
		t.Errorf("%+v, %v", list, err)
	}
}
