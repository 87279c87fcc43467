package liberal

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestValuesOfOtherTypes(t *testing.T) {
	for given, want := range map[string]struct {
		text   Text
		number Number
	}{
		`"7"`: {"7", 7}, `7`: {"7", 7}, `-1.5`: {"-1.5", -1}, `"x"`: {"x", 0}, `null`: {"", 0}, `[7]`: {"", 0}, `{"a":7}`: {"", 0}, `true`: {"", 0},
		`1e300`: {"1e300", 0}, `"NaN"`: {"NaN", 0}, `""`: {"", 0},
	} {
		var got struct {
			Text   Text
			Number Number
			After  Text
		}
		err := json.Unmarshal([]byte(`{"text":`+given+`,"number":`+given+`,"after":"whole"}`), &got)
		if err != nil || got.Text != want.text || got.Number != want.number || got.After != "whole" {
			t.Errorf("%s: %+v, %v", given, got, err)
		}
	}
}

func TestMoment(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	for n, want := range map[Number]time.Time{
		Number(now.Add(-time.Minute).UnixMilli()): now.Add(-time.Minute), Number(now.Add(-time.Minute).Unix()): now.Add(-time.Minute),
		Number(now.Add(time.Hour).UnixMilli()): now, 0: now, -5: now,
	} {
		if got := n.Moment(now); !got.Equal(want) {
			t.Errorf("%d: %v, want %v", n, got, want)
		}
	}
}

func TestIDs(t *testing.T) {
	for s, want := range map[string]bool{"4711": true, "": false, "a b": false, "a\n": false, "số": false, strings.Repeat("x", MaxID): true, strings.Repeat("x", MaxID+1): false} {
		if IsID(s) != want {
			t.Errorf("IsID(%q) = %v", s, !want)
		}
	}
	if got := Clip("số\xff một", 4); got != "số? " {
		t.Errorf("clipped to %q", got)
	}
	if string(OrEmpty(nil)) != "{}" || string(OrEmpty(json.RawMessage("[]"))) != "[]" {
		t.Error("OrEmpty")
	}
}

// A redirect is not followed: the secrets of the request would go with it.
func TestNoRedirect(t *testing.T) {
	followed := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	c := Client()
	defer c.CloseIdleConnections()
	res, err := c.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if followed || res.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("status %d, followed: %v", res.StatusCode, followed)
	}
}
