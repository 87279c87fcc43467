package appointment

import (
	"bytes"
	"os"
	"testing"
)

// Who wants to hear nothing more is told nothing more, the number is gone from
// the disk, and the booking stands.
func TestForget(t *testing.T) {
	run(t, weekdays(), three(), func(w *world) {
		w.until("2000-01-03 08:00")
		b := w.make("2000-01-04 08:00", "0912345678")
		other := w.make("2000-01-04 08:00", "0987654321")
		w.until("2000-01-03 08:01")
		w.act(b, Confirm, ActRequest{Staff: true})
		before := len(w.kinds())
		if err := w.book.Forget(w.ctx, "tel:+84912345678"); err != nil {
			t.Fatal(err)
		}
		for _, end := range []string{"", "-wal"} {
			if raw, _ := os.ReadFile(w.path + end); bytes.Contains(raw, []byte("912345678")) {
				t.Errorf("still in the file%s", end)
			}
		}
		w.until("2000-01-04 07:00")
		if n := len(w.kinds()) - before; n > 1 { // The other one's end.
			t.Errorf("%d notices after that: %v", n, w.kinds()[before:])
		}
		if got := w.want(b, Confirmed); got.Contact != "" {
			t.Errorf("contact %q", got.Contact)
		}
		if got, err := w.book.Find(w.ctx, other.ID); err != nil || got.Contact == "" && got.State == Requested {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
