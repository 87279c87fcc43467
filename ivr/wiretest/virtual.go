package wiretest

import (
	"sync"
	"testing"
	"testing/synctest"
)

// networks has that of each running test.
var networks sync.Map

// Of is the network of a test that Virtual made; nil elsewhere.
func Of(t testing.TB) *Network {
	if n, ok := networks.Load(t); ok {
		return n.(*Network)
	}
	return nil
}

// Virtual makes of a test one that runs in a time of its own, beside others and
// with a network in which it is as the weather says (Of): a timer fires at the
// very moment, however slow the machine is.
func Virtual(w Weather, f func(t *testing.T)) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			networks.Store(t, New(1, w))
			defer networks.Delete(t)
			f(t)
		})
	}
}
