package upkeep

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// messages is a part of the office beside its setup, as the chats are.
type messages struct {
	decided map[string]any
	fails   error
}

func (m *messages) part() Part {
	return Part{
		Name: "chat", Export: func(context.Context) (any, error) { return m.decided, nil },
		Check: func(text json.RawMessage) error {
			var v map[string]any
			if err := json.Unmarshal(text, &v); err != nil {
				return err
			}
			if v["month"] == float64(-1) {
				return errors.New("-1 messages")
			}
			return nil
		},
		Import: func(_ context.Context, text json.RawMessage) error {
			if m.fails != nil {
				return m.fails
			}
			m.decided = nil
			return json.Unmarshal(text, &m.decided)
		},
	}
}

// What is decided beside the setup goes into the file, is compared, comes back,
// and is not lost by a disk that fails in between.
func TestPartsBesideTheSetup(t *testing.T) {
	w, m := open(t), &messages{decided: map[string]any{"month": 3000.0, "quiet": map[string]any{"from": "21:00", "to": "06:00"}}}
	w.desk.Beside = []Part{m.part()}
	file := w.get(OfficePath + "/export").Body.Bytes()
	if !strings.Contains(string(file), `"from": "21:00"`) {
		t.Fatalf("not exported: %s", file)
	}
	m.decided = map[string]any{"month": 7.0}
	if got := w.upload("x.json", file); got.Code != http.StatusSeeOther {
		t.Fatal(got.Body)
	}
	body := w.get(OfficePath).Body.String()
	form := idIn.FindStringSubmatch(body)
	if form == nil || !strings.Contains(body, "Trò chuyện › Số tin mỗi tháng") || !strings.Contains(body, "3000") || !strings.Contains(body, "Trò chuyện › Giờ yên lặng") {
		t.Fatalf("the changes are not shown: %s", body)
	}
	apply := func() int {
		form := idIn.FindStringSubmatch(w.get(OfficePath).Body.String())
		if form == nil {
			t.Fatal("there is nothing to put in force")
		}
		return w.form(OfficePath+"/apply", url.Values{"id": {form[1]}, "version": {form[2]}, "do": {"apply"}}).Code
	}
	m.fails = errors.New("disk full")
	if code := apply(); code != http.StatusConflict || m.decided["month"] != 7.0 {
		t.Errorf("a full disk: %d, %v", code, m.decided)
	}
	m.fails = nil
	if code := apply(); code != http.StatusSeeOther || m.decided["month"] != 3000.0 {
		t.Errorf("once more: %d, %v", code, m.decided)
	}
	if again := w.get(OfficePath + "/export").Body.String(); !strings.Contains(again, `"from": "21:00"`) {
		t.Errorf("the round trip changes it: %s", again)
	}
	if got := w.upload("x.json", []byte(strings.Replace(string(file), `"month": 3000`, `"month": -1`, 1))); got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), "-1 messages") {
		t.Errorf("what cannot be is taken: %d", got.Code)
	}
	w.desk.Beside = nil // A machine without chats.
	m.decided = map[string]any{}
	if w.upload("x.json", file); !strings.Contains(w.get(OfficePath).Body.String(), "giống hệt") {
		t.Error("a part that is not here changes something")
	}
}
