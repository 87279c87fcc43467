package powercut

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
)

func examples() []Record {
	return []Record{
		{Op: Open, Created: true, Inode: 3, Path: "/d/a", Data: []byte{}},
		{Op: Open, IsDir: true, Inode: 1 << 60, Path: "/d", Data: []byte{}},
		{Op: Write, Inode: 3, Offset: 1 << 40, Data: []byte("abc")},
		{Op: Mark, Data: []byte(`{"x":1}`)},
	}
}

func encoded(t testing.TB, records []Record) (raw []byte) {
	t.Helper()
	for _, r := range records {
		var err error
		if raw, err = r.Append(raw); err != nil {
			t.Fatal(err)
		}
	}
	return raw
}

func TestJournalRoundTrip(t *testing.T) {
	got, rest, err := Parse(encoded(t, examples()))
	if err != nil || len(rest) > 0 || !reflect.DeepEqual(got, examples()) {
		t.Errorf("%+v, %d bytes left, %v", got, len(rest), err)
	}
}

// A process that was killed while it wrote leaves a part of a record; the next
// one goes on behind the last whole one.
func TestTornJournal(t *testing.T) {
	raw := encoded(t, examples())
	whole := len(encoded(t, examples()[:3]))
	for _, size := range []int{whole + 1, whole + headSize, len(raw) - 1} {
		path := filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(path, raw[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadJournal(path)
		info, statErr := os.Stat(path)
		if err != nil || statErr != nil || len(got) != 3 || info.Size() != int64(whole) {
			t.Errorf("%d bytes: %d records, %d left, %v", size, len(got), info.Size(), err)
		}
	}
	if _, _, err := Parse(append(raw, bytes.Repeat([]byte{'x'}, headSize)...)); err == nil || errors.Is(err, errTorn) {
		t.Errorf("rubbish: %v", err)
	}
}

func TestMarksStayWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	m, err := OpenMarker(path)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if err := m.Mark([]byte("ticket")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadJournal(path); err != nil || len(got) != 400 {
		t.Errorf("%d marks, %v", len(got), err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(encoded(f, examples()))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, raw []byte) {
		records, rest, _ := Parse(raw)
		if again := encoded(t, records); !bytes.Equal(append(again, rest...), raw) {
			t.Errorf("%d records of %d bytes become %d", len(records), len(raw), len(again))
		}
	})
}
