package afar

import "testing"

// An office that calls nobody, but has other uses of a number, leaves calls to the
// telephone that asks; who wants to be forgotten is forgotten in both places.
func TestOfficeThatSaysItCallsNobody(t *testing.T) {
	there, own := &desk{err: ErrNobody}, &desk{}
	b := office(t, there, 0)
	b.Own = own
	if !b.Offer("+84912345678") {
		t.Error("the telephone offers nothing of its own")
	}
	if err := b.Ask(t.Context(), wanted()); err != nil || len(own.asked) != 1 {
		t.Errorf("%v, asked %d times here", err, len(own.asked))
	}
	there.err = nil
	if err := b.Forget(t.Context(), "+84912345678"); err != nil || len(own.forgotten) != 1 || len(there.forgotten) != 1 {
		t.Errorf("%v, forgotten here %v, there %v", err, own.forgotten, there.forgotten)
	}
}
