package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
)

// Open data can be kept, is asked for again by its tag, and is read from pages
// of any site.
func TestOpenData(t *testing.T) {
	data := api.OpenData{At: time.Now().Add(-3 * time.Second), Office: "x", Name: "Trung tâm", Sessions: []api.OpenSession{}, Usual: []api.OpenHour{},
		Services: []api.OpenService{{ID: "A", Name: "Hộ tịch", Waiting: 4, Serving: []api.OpenSeat{}}}}
	s := api.New(api.Config{
		Offices:  map[string]queue.Management{"x": nil},
		OpenData: func(context.Context, string) (api.OpenData, error) { return data, nil },
	})
	get := func(tag string) *http.Response {
		r := httptest.NewRequest("GET", api.Prefix+"/offices/x/open-data", nil)
		r.Header.Set("Origin", "https://portal.example")
		if tag != "" {
			r.Header.Set("If-None-Match", tag)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Result()
	}
	first := get("")
	var read api.OpenData
	if err := json.NewDecoder(first.Body).Decode(&read); err != nil || first.StatusCode != 200 || read.Services[0].Waiting != 4 {
		t.Fatalf("status %d, %+v, %v", first.StatusCode, read, err)
	}
	tag := first.Header.Get("ETag")
	if tag == "" || first.Header.Get("Cache-Control") != "public, max-age=5" || first.Header.Get("Age") == "0" || first.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("headers %v", first.Header)
	}
	data.At = time.Now() // Looked at again, nothing new.
	if again := get(tag); again.StatusCode != http.StatusNotModified || again.ContentLength > 0 || again.Header.Get("ETag") != tag {
		t.Errorf("status %d, headers %v", again.StatusCode, again.Header)
	}
	data.Services[0].Waiting = 5
	if changed := get(tag); changed.StatusCode != 200 || changed.Header.Get("ETag") == tag {
		t.Errorf("status %d, tag %s", changed.StatusCode, changed.Header.Get("ETag"))
	}
}
