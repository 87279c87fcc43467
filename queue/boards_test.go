package queue

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestBoardsAreChecked(t *testing.T) {
	full := BoardSetup{
		ID: "sanh-1", Name: "Sảnh", Language: "en", Counters: []string{"1"}, Services: []string{"A"}, Hide: []string{"clock"}, Ticker: []string{"a"}, TickerEN: []string{"b"},
		Playlist: []BoardMedium{{File: "0af", Seconds: 5}}, Distance: 20, Diagonal: 55, Directions: map[string]string{"1": "left"}, Zone: "tang-2",
	}
	setup := func(boards ...BoardSetup) Setup {
		s := CommuneCentre()
		s.Boards = boards
		return s
	}
	if err := setup(full, BoardSetup{ID: "sanh-2"}).validateBoards(); err != nil {
		t.Fatal(err)
	}
	for words, change := range map[string]func(*BoardSetup){
		`board "Sảnh"`: func(b *BoardSetup) { b.ID = "Sảnh" },
		`board ""`:     func(b *BoardSetup) { b.ID = "" },
		"language":     func(b *BoardSetup) { b.Language = "?" },
		"a name":       func(b *BoardSetup) { b.Counters = []string{strings.Repeat("x", maxTickerText+1)} },
		"sentences":    func(b *BoardSetup) { b.Ticker = make([]string, maxBoardTicker+1) },
		"at most 20":   func(b *BoardSetup) { b.TickerEN = []string{""} },
		"pictures":     func(b *BoardSetup) { b.Playlist = []BoardMedium{{File: "../x"}} },
		"3600 seconds": func(b *BoardSetup) { b.Playlist = []BoardMedium{{File: "a", Seconds: -1}} },
		"50 pictures":  func(b *BoardSetup) { b.Playlist = make([]BoardMedium, maxPlaylist+1) },
		"read from":    func(b *BoardSetup) { b.Distance = 101 },
		"NaN m":        func(b *BoardSetup) { b.Distance = math.NaN() },
		"inches":       func(b *BoardSetup) { b.Diagonal = 4 },
		"NaN inches":   func(b *BoardSetup) { b.Diagonal = math.NaN() },
		"direction":    func(b *BoardSetup) { b.Directions = map[string]string{"1": "up"} },
	} {
		b := full.clone()
		change(&b)
		if err := setup(b).validateBoards(); ErrorCode(err) != CodeBadRequest || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", words, err)
		}
	}
	if err := setup(full, full).validateBoards(); err == nil {
		t.Error("two boards of one name")
	}
	if err := setup(make([]BoardSetup, maxBoards+1)...).validateBoards(); err == nil {
		t.Error("too many boards")
	}
}

// A board that is edited leaves the one in force alone.
func TestBoardsAreCloned(t *testing.T) {
	s := CommuneCentre()
	s.Boards = []BoardSetup{{ID: "a", Ticker: []string{"one"}, Directions: map[string]string{"1": "left"}, Playlist: []BoardMedium{{File: "x"}}}}
	c := s.clone()
	if !reflect.DeepEqual(c.Boards, s.Boards) {
		t.Fatalf("%+v", c.Boards)
	}
	c.Boards[0].Ticker[0], c.Boards[0].Directions["1"], c.Boards[0].Playlist[0].File, c.Boards[0].ID = "two", "right", "y", "b"
	if b := s.Boards[0]; b.ID != "a" || b.Ticker[0] != "one" || b.Directions["1"] != "left" || b.Playlist[0].File != "x" {
		t.Errorf("%+v", b)
	}
}
