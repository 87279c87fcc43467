package queue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// encoded are the structs that are written by hand, as they are stored.
func encoded() map[string]struct {
	zero any
	form func(v any) ([]byte, error)
} {
	type entry = struct {
		zero any
		form func(v any) ([]byte, error)
	}
	ticket := func(t Ticket) ([]byte, error) { return appendBody(nil, &Event{Ticket: &t}) }
	request := func(v any) ([]byte, error) { return appendRequest(nil, v) }
	return map[string]entry{
		"Event":          {Event{}, func(v any) ([]byte, error) { e := v.(Event); return appendBody(nil, &e) }},
		"Ticket":         {Ticket{}, func(v any) ([]byte, error) { return ticket(v.(Ticket)) }},
		"Rating":         {Rating{}, func(v any) ([]byte, error) { r := v.(Rating); return ticket(Ticket{Rating: &r}) }},
		"TakeRequest":    {TakeRequest{}, request},
		"ActRequest":     {ActRequest{}, request},
		"CounterRequest": {CounterRequest{}, request},
	}
}

// oracle is what encoding/json makes of the same.
func oracle(t failer, v any) []byte {
	t.Helper()
	var prefix string
	switch x := v.(type) {
	case Event:
	case Ticket:
		v = Event{Ticket: &x}
	case Rating:
		v = Event{Ticket: &Ticket{Rating: &x}}
	default:
		prefix = fmt.Sprintf("%T", v)
	}
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return append([]byte(prefix), body...)
}

// A field that is added to a struct and forgotten in encode.go would be lost
// from the log.
func TestEveryFieldIsEncoded(t *testing.T) {
	for name, c := range encoded() {
		kind := reflect.TypeOf(c.zero)
		for i := range kind.NumField() {
			field := kind.Field(i)
			if !field.IsExported() {
				continue
			}
			v := reflect.New(kind).Elem()
			fill(t, v.Field(i), field.Name)
			got, err := c.form(v.Interface())
			if want := oracle(t, v.Interface()); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s.%s is to be added to queue/encode.go:\n got %s, %v\nwant %s", name, field.Name, got, err, want)
			}
			zero, err := c.form(c.zero)
			if tag := field.Tag.Get("json"); err != nil || (tag != "-" && bytes.Equal(got, zero)) {
				t.Errorf("%s.%s makes no difference to %s, %v", name, field.Name, got, err)
			}
		}
	}
}

// fill gives a value other than zero to whatever a field may be.
func fill(t *testing.T, v reflect.Value, name string) {
	t.Helper()
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Date(2026, 11, 23, 1, 2, 3, 4e6, time.UTC)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		if name += "[]"; strings.Count(name, "[]") < 4 { // A menu may lie in a menu.
			fill(t, v.Index(0), name)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(t, v.Field(i), name)
			}
		}
	default:
		t.Fatalf("%s: teach this test about %s", name, v.Kind())
	}
}

// anyText draws what people and machines may write, the worst of it included.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Just(""), rapid.StringN(0, 20, 60), rapid.SampledFrom([]string{"A", "Đăng ký <khai sinh>", "a&b", `"\`, "\u2028", "tab\t\x00", "\x7f"}),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 12), func(b []byte) string { return string(b) }),
	)
}

func anyTime() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		at := time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "ms")).UTC()
		switch rapid.IntRange(0, 9).Draw(t, "form") {
		case 0:
			return time.Time{}
		case 1:
			return at.In(time.FixedZone("", 7*3600))
		case 2:
			return at.Add(time.Duration(rapid.IntRange(0, 999_999).Draw(t, "ns")))
		}
		return at
	})
}

// draw fills every field of a struct with something, exported ones only.
func draw(t *rapid.T, v reflect.Value, deep int) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(anyTime().Draw(t, "time")))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(anyText().Draw(t, "text"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64Range(-3, 1<<40).Draw(t, "n"))
	case reflect.Float64:
		v.SetFloat(rapid.Float64Range(0, 9).Draw(t, "x"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "is"))
	case reflect.Pointer:
		if rapid.IntRange(0, 3+deep).Draw(t, "pointer") < 2 {
			v.Set(reflect.New(v.Type().Elem()))
			draw(t, v.Elem(), deep+1)
		}
	case reflect.Slice:
		n := rapid.IntRange(0, 2).Draw(t, "len")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			draw(t, v.Index(i), deep+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				draw(t, v.Field(i), deep+1)
			}
		}
	}
}

// Byte for byte as encoding/json: what older versions wrote stays in the chain.
func TestEncodedAsByTheStandardLibrary(t *testing.T) {
	for name, c := range encoded() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				v := reflect.New(reflect.TypeOf(c.zero)).Elem()
				draw(t, v, 0)
				got, err := c.form(v.Interface())
				if want := oracle(t, v.Interface()); err != nil || !bytes.Equal(got, want) {
					t.Fatalf("\n got %s, %v\nwant %s", got, err, want)
				}
			})
		})
	}
}

func TestFingerprintsOfEarlierVersionsStillHold(t *testing.T) {
	for want, r := range map[string]any{
		"48cadbfb47d51a4ec2fbc7645efc5323": TakeRequest{Service: "A", Channel: Kiosk, Needs: []string{"sight"}},
		"c4c6cad6bb272011e514eb0756a2b6b3": ActRequest{Ticket: "A012", Action: Park, Reason: "chờ giấy tờ", ResumeAt: time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)},
		"3ce13225c1f1de25227828f7e80a0d00": CounterRequest{Counter: "3"},
		"23bd83704966babe71ef014608e1b874": SetCounterRequest{Counter: "3", State: Paused, Reason: "nghỉ"},
	} {
		if got := fingerprint(r); got != want {
			t.Errorf("%T: %s, want %s", r, got, want)
		}
	}
}

func TestTimeThatJSONRefuses(t *testing.T) {
	e := Event{At: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)}
	if _, err := e.Body(); err == nil {
		t.Error("a year of five digits was written")
	}
	if err := e.chain(""); err == nil {
		t.Error("and chained")
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "A012", "Quầy số 3", "<a&b>", "\x00\"\\", "\u2029", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var w jsonWriter
		w.quote(s)
		want, err := json.Marshal(s)
		if err != nil || !bytes.Equal(w.b, want) {
			t.Errorf("%q: %s, want %s", s, w.b, want)
		}
	})
}

// Whatever an event may look like that was read from a store.
func FuzzBody(f *testing.F) {
	f.Add([]byte(`{"office":"o","seq":1,"at":"2026-11-23T01:00:00.1Z","kind":"ticket_issued","actor":"a","ticket":{"id":"1","number":"A012","issued_at":"2026-11-23T08:00:00+07:00"}}`))
	f.Add([]byte(`{"ticket":{"rating":{"level":5,"reasons":["<nhanh>"],"at":"2026-11-23T01:00:00Z"},"needs":[]},"chosen":true}`))
	f.Add([]byte(`{"opening":{"day":"2026-11-23"},"card":{"id":"7"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := DecodeEvent(body, "")
		if err != nil {
			return
		}
		e.body = nil
		got, err := e.Body()
		want, refused := json.Marshal(e)
		if (err == nil) != (refused == nil) || !bytes.Equal(got, want) {
			t.Errorf("%s, %v, want %s, %v", got, err, want, refused)
		}
	})
}

func BenchmarkChain(b *testing.B) {
	at := startOfTests()
	e := Event{
		Office: "trung-tam", Seq: 4711, At: at, Kind: TicketIssued, Actor: "kiosk-1",
		Ticket: &Ticket{
			ID: "4711", Office: "trung-tam", Number: Number{Prefix: "A", N: 12}, Code: "123456782", Service: "A", State: Waiting,
			Class: Normal, Channel: Kiosk, Presence: Present, Language: "vi", IssuedAt: at, EligibleAt: at, Day: "2026-11-23", Version: 4711,
		},
	}
	prev := hashOf(nil)
	b.Run("by hand", func(b *testing.B) {
		for b.Loop() {
			if err := e.chain(prev); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		for b.Loop() {
			body, err := json.Marshal(e)
			if err != nil {
				b.Fatal(err)
			}
			chainHash(prev, body)
		}
	})
}
