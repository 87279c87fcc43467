package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/voice"
)

// One voice is made at a time, and one that failed is not tried again and again.
func TestRegionalMakesOnce(t *testing.T) {
	var r regional
	r.speak(announce.North)
	if r.region() != announce.North || !r.begin(announce.South) || r.begin(announce.Central) || r.begin(announce.South) {
		t.Fatal("two voices are made at once")
	}
	r.progress(1, 4)
	if made, percent, why := r.beingMade(announce.South); !made || percent != 25 || why != nil {
		t.Errorf("%v %d %v", made, percent, why)
	}
	r.end(errors.New("disk full"))
	if made, _, why := r.beingMade(announce.South); made || why == nil || r.begin(announce.South) {
		t.Errorf("made %v, why %v: what failed is tried at once again", made, why)
	}
	if !r.begin(announce.Central) {
		t.Error("another voice is not made")
	}
	r.end(nil)
	if _, _, why := r.beingMade(announce.Central); why != nil || !r.begin(announce.South) {
		t.Error("the failure of one is remembered after another")
	}
	r.end(fmt.Errorf("build: %w", voice.ErrNoEspeak))
	_, err := voice.FindEspeak("south")
	if got := r.begin(announce.South); got != (err == nil) {
		t.Errorf("begins again: %v, espeak-ng: %v", got, err)
	}
	for _, region := range announce.Regions() {
		if name := regionName(region); name[0] == "" || name[1] == "" {
			t.Errorf("%s has no name", region)
		}
	}
}
