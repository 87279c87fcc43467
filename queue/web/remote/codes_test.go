package remote

import (
	"fmt"
	"testing"
	"time"
)

// asks lets an address ask for codes of numbers nobody has asked for, and gives
// how many it got before it was refused, and why.
func (c *codes) asks(t *testing.T, address string, most int, use bool) (n int, why error) {
	t.Helper()
	for ; n < most; n++ {
		phone := fmt.Sprintf("+84%s-%d", address, n)
		id, code, err := c.begin(phone, "A", "vi", address)
		if err != nil {
			return n, err
		}
		if !use {
			continue
		}
		for range 2 { // A form sent twice.
			if _, err := c.check(id, code, address); err != nil {
				t.Fatal(err)
			}
		}
	}
	return n, nil
}

// A crowd that asks for codes and uses none does not use up the office's: what is
// left is for networks that have asked for little.
func TestCrowdLeavesCodes(t *testing.T) {
	now := time.Unix(1000, 0)
	c := newCodes(func() time.Time { return now })
	if n, why := c.asks(t, "203.0.113.1", 1000, false); n != placeHour || why != errPlace {
		t.Errorf("one address got %d codes, then %v", n, why)
	}
	net := placeHour
	for i := range 20 {
		n, _ := c.asks(t, fmt.Sprintf("203.0.113.%d", i+2), 1000, false)
		net += n
	}
	if net != netHour {
		t.Errorf("one network got %d codes", net)
	}
	crowd := 0
	for i := range 15 {
		n, _ := c.asks(t, fmt.Sprintf("198.51.%d.7", i), 1000, false)
		crowd += n
	}
	if net+crowd > allEasy+15*littleHour {
		t.Errorf("a crowd of sixteen networks got %d codes of %d", net+crowd, allHour)
	}
	if n, why := c.asks(t, "192.0.2.1", 1000, false); n != littleHour || why != errAll {
		t.Errorf("who comes then gets %d codes, then %v", n, why)
	}
	if _, _, err := c.begin("+84203.0.113.1-0", "A", "vi", "192.0.2.77"); err != errPhone {
		t.Errorf("the same number from elsewhere: %v", err)
	}
	now = now.Add(time.Hour)
	if n, _ := c.asks(t, "203.0.113.1", 1, false); n != 1 {
		t.Error("nothing after an hour")
	}
}

// A village behind one address takes as many numbers as it needs.
func TestVillageTakesNumbers(t *testing.T) {
	now := time.Unix(1000, 0)
	c := newCodes(func() time.Time { return now })
	if n, why := c.asks(t, "2001:db8:0:1::/64", 500, true); n != 500 {
		t.Errorf("after %d: %v", n, why)
	}
	if len(c.counts["all"]) != 0 {
		t.Errorf("%d still count", len(c.counts["all"]))
	}
	for address, want := range map[string]string{"2001:db8:0:1::/64": "2001:db8::/48", "203.0.113.9": "203.0.113.0/24", "somebody": "somebody"} {
		if got := network(address); got != want {
			t.Errorf("the network of %s is %s", address, got)
		}
	}
}
