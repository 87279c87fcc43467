package api

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiterRefills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(time.Second, 3)
		for i := range 3 {
			if !l.allow("a") {
				t.Fatalf("request %d of a burst of 3 refused", i+1)
			}
		}
		if l.allow("a") {
			t.Error("a fourth request at once was allowed")
		}
		if !l.allow("b") {
			t.Error("another address pays for it")
		}
		time.Sleep(time.Second) // The bubble's clock, not ours.
		if !l.allow("a") || l.allow("a") {
			t.Error("after a second one more, and only one, should be allowed")
		}
	})
}

func TestLimiterIsBounded(t *testing.T) {
	l := newLimiter(time.Hour, 1)
	l.allow("first")
	for i := range maxAddresses {
		l.allow(strconv.Itoa(i))
	}
	if len(l.byName) != maxAddresses || l.recent.Len() != maxAddresses {
		t.Errorf("%d addresses remembered in %d, want %d", len(l.byName), l.recent.Len(), maxAddresses)
	}
	if l.allow(strconv.Itoa(maxAddresses - 1)) {
		t.Error("the latest address was forgotten")
	}
	if !l.allow("first") {
		t.Error("the oldest address was not forgotten")
	}
}
