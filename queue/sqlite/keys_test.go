package sqlite

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

func readRow(row string, at time.Time) (keys []queue.KeyRecord, err error) {
	err = eachKey([]byte(row), at, func(k queue.KeyRecord) { keys = append(keys, k) })
	return keys, err
}

// Whatever bytes a device sends as its key, they come back.
func TestKeysComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(1_795_000_000_000).UTC()
		text := rapid.OneOf(rapid.StringMatching(`[ -~]{0,20}`), rapid.String(), rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 20), func(b []byte) string { return string(b) }))
		var want []queue.KeyRecord
		var row []byte
		for range rapid.IntRange(0, 4).Draw(t, "keys") {
			k := queue.KeyRecord{
				Caller: text.Draw(t, "caller"), Key: text.Draw(t, "key"), Fingerprint: text.Draw(t, "fingerprint"),
				At: at, Ticket: text.Draw(t, "ticket"), Counter: text.Draw(t, "counter"),
			}
			want, row = append(want, k), appendKey(row, &k)
		}
		if got, err := readRow(string(row), at); err != nil || !slices.Equal(got, want) {
			t.Fatalf("%q gives %q, %v, want %q", row, got, err, want)
		}
		if strings.Count(string(row), "\n") != len(want) {
			t.Fatalf("%q has not a line for each key", row)
		}
	})
}

func TestOrdinaryKeysAreJSON(t *testing.T) {
	k := queue.KeyRecord{Caller: "kiosk-1", Key: "Nguyễn \"7\"", Fingerprint: "ab", Ticket: "17"}
	if got := string(appendKey(nil, &k)); got != `["kiosk-1","Nguyễn \"7\"","ab","17",""]`+"\n" {
		t.Error(got)
	}
}

func TestKeysThatCannotBeRead(t *testing.T) {
	const good = `["a","b","c","d","e"]` + "\n"
	for name, row := range map[string]string{
		"four texts":   `["a","b","c","d"]` + "\n",
		"six texts":    `["a","b","c","d","e","f"]` + "\n",
		"no end":       good + `["a","b","c","d","e"]`,
		"blank":        good + "\n" + good,
		"no text":      `["a","b","c","d",5]` + "\n",
		"open text":    `["a","b","c","d","e` + "\n",
		"raw":          "[`a`,\"b\",\"c\",\"d\",\"e\"]\n",
		"a rune":       `['a',"b","c","d","e"]` + "\n",
		"more":         `["a","b","c","d","e"] ` + "\n",
		"nothing":      "\n",
		"spaces":       `["a", "b", "c", "d", "e"]` + "\n",
		"other bytes":  "\x00\xff\n",
		"first is bad": `"a","b","c","d","e"]` + "\n" + good,
	} {
		if keys, err := readRow(row, time.Time{}); err == nil || !strings.Contains(err.Error(), "request keys") {
			t.Errorf("%s: %q gives %q, %v", name, row, keys, err)
		}
	}
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte(`["kiosk-1","k","ab","17",""]` + "\n"))
	f.Add([]byte(`["\x80","\u00e1","","",""]` + "\n" + `["","","","",""]` + "\n"))
	f.Fuzz(func(t *testing.T, row []byte) {
		var again []byte
		var keys []queue.KeyRecord
		if eachKey(row, time.Time{}, func(k queue.KeyRecord) { keys, again = append(keys, k), appendKey(again, &k) }) != nil {
			return
		}
		if got, err := readRow(string(again), time.Time{}); err != nil || !slices.Equal(got, keys) {
			t.Fatalf("%q is read as %q, written as %q and read as %q, %v", row, keys, again, got, err)
		}
	})
}

// Keys of two times in one batch, which no office makes, go when their own time
// is over.
func TestKeysOfTwoTimesInOneBatch(t *testing.T) {
	db := opened(t)
	b := crowd(0, 4)
	early, late := b.Keys[0].At, b.Keys[0].At.Add(time.Hour)
	b.Keys[2].At, b.Keys[3].At = late, late
	if err := db.Append(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	for since, want := range map[time.Time]int{early: 4, early.Add(time.Millisecond): 2, late.Add(time.Millisecond): 0} {
		if loaded, err := db.Load(t.Context(), "o", since); err != nil || len(loaded.Keys) != want {
			t.Errorf("since %s: %d keys, %v, want %d", since, len(loaded.Keys), err, want)
		}
	}
	if err := db.Append(t.Context(), queue.Batch{Office: "o", After: 4, ForgetBefore: queue.Forget{Keys: late}}); err != nil {
		t.Fatal(err)
	}
	if loaded, err := db.Load(t.Context(), "o", time.Time{}); err != nil || !slices.Equal(loaded.Keys, b.Keys[2:]) {
		t.Errorf("left are %v, %v", loaded.Keys, err)
	}
}
