package eval

import (
	"bytes"
	"compress/gzip"
	"reflect"
	"strings"
	"testing"
)

const header = "office,date,time,queue_id,letter,queue_name,open_counters,waiting,current,api_minutes,status\n"

func TestRead(t *testing.T) {
	text := header +
		"UD_Wola,2020-01-09,10:02,182,A,\"Meldunki, dowody\",6,5,A027,11,NA\n" +
		"UD_Wola,2020-01-09,10:08,182,A,Meldunki,,NA,,11,NA\n"
	want := []Row{
		{Office: "UD_Wola", Date: "2020-01-09", Minute: 602, Queue: "182", Counters: 6, Waiting: 5, Current: 27},
		{Office: "UD_Wola", Date: "2020-01-09", Minute: 608, Queue: "182", Current: -1},
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"plain": text, "gzip": zipped.String(), "marked": "\ufeff" + text} {
		got, err := Read(strings.NewReader(file))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	row := func(date, clock, queue, counters, waiting, current string) string {
		return header + strings.Join([]string{"X", date, clock, queue, "A", "n", counters, waiting, current, "1", "1"}, ",") + "\n"
	}
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "no header"},
		{"no column", "office,date,time,queue_id,open_counters,waiting\n", `no column "current"`},
		{"date", row("2020-13-01", "08:00", "1", "1", "1", "A1"), "line 2: date"},
		{"time", row("2020-01-01", "8 o'clock", "1", "1", "1", "A1"), "line 2: time"},
		{"queue", row("2020-01-01", "08:00", "", "1", "1", "A1"), "line 2: office and queue_id"},
		{"negative", row("2020-01-01", "08:00", "1", "-1", "1", "A1"), "line 2: open_counters"},
		{"words", row("2020-01-01", "08:00", "1", "1", "many", "A1"), "line 2: waiting"},
		{"huge", row("2020-01-01", "08:00", "1", "1", "1", "A99999999999999999999"), "line 2: current"},
		{"fields", header + "X,2020-01-01\n", "wrong number of fields"},
		{"gzip", "\x1f\x8bnonsense", "gzip"},
	} {
		if rows, err := Read(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v; want an error with %q", c.name, rows, err, c.want)
		}
	}
	if _, err := ReadFile("testdata/none.csv"); err == nil {
		t.Error("read a file that is not there")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(header + "UD_Wola,2020-01-09,10:02,182,A,x,6,5,A027,11,NA\n"))
	f.Add([]byte("current,waiting,open_counters,queue_id,time,date,office\n101,3,2,1,08:00,2020-01-01,X\n"))
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, d := range Days(rows) {
			for _, q := range d.Queues {
				for i, l := range q.Looks {
					if l.Minute < 0 || l.Minute >= 24*60 || l.Called < 0 || i > 0 && (l.Called < q.Looks[i-1].Called || l.Minute <= q.Looks[i-1].Minute) {
						t.Fatalf("look %d of %+v", i, q)
					}
				}
				for _, m := range q.Moments(1) {
					if m.Wait < 0 || m.LES < 0 || m.HOL < 0 || m.Waiting < 1 {
						t.Fatalf("%+v", m)
					}
				}
			}
		}
	})
}
