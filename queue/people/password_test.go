package people

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestCheckPassword(t *testing.T) {
	for password, good := range map[string]bool{
		ownPassword: true, "correct horse battery": true, "Trời-xanh-ngắt-2026": true,
		"": false, "short": false, "1234567890": false, "aaaaaaaaaaaa": false, "abcdefghijkl": false, "matkhau123": false, "password2026": false,
		"lan.nt-lan.nt": false, strings.Repeat("ab cd ef", 100): false, "mật khẩu\xff\xfe1234": false,
	} {
		if err := checkPassword("lan.nt", password); (err == nil) != good || err != nil && !isField(err, "password") {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func TestFirstPasswordsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		p := firstPassword()
		if seen[p] || len(p) != 14 || strings.ContainsAny(p, "0o1il") || checkPassword("lan", p) != nil {
			t.Fatalf("%q", p)
		}
		seen[p] = true
	}
}

func TestHashing(t *testing.T) {
	h := newHasher(cheap())
	kept, err := h.hash(t.Context(), ownPassword)
	if err != nil || !strings.HasPrefix(kept, "$argon2id$v=19$m=8,t=1,p=1$") {
		t.Fatal(kept, err)
	}
	for password, want := range map[string]bool{ownPassword: true, ownPassword + " ": false, "": false} {
		if ok, err := h.check(t.Context(), kept, password); ok != want || err != nil {
			t.Errorf("%q: %v %v", password, ok, err)
		}
	}
	if ok, err := h.check(t.Context(), "", ""); ok || err != nil {
		t.Errorf("no password kept: %v %v", ok, err)
	}
	if h.old(kept) || !newHasher(Cost{16, 1, 1}).old(kept) {
		t.Error("the cost is not compared")
	}
}

// However many sign in at once, two hashes are made at a time, some wait, and
// the others are told to come again.
func TestAFloodIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(cheap())
		var now, most, turned atomic.Int64
		h.derive = func(password, salt []byte, c Cost) []byte {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(time.Second)
			now.Add(-1)
			return make([]byte, keyBytes)
		}
		var wg sync.WaitGroup
		for range 500 {
			wg.Go(func() {
				if _, err := h.check(t.Context(), "", "x"); errors.Is(err, ErrBusy) {
					turned.Add(1)
				}
			})
		}
		wg.Wait()
		if most.Load() != hashAtOnce {
			t.Errorf("%d hashes at a time, want %d", most.Load(), hashAtOnce)
		}
		if turned.Load() < 500-hashQueue-hashAtOnce*20 {
			t.Errorf("only %d were turned away", turned.Load())
		}
	})
}

func TestWhoGivesUpLeavesItsPlace(t *testing.T) {
	h := newHasher(cheap())
	for range hashAtOnce {
		if _, err := h.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 * hashQueue {
		if _, err := h.enter(ctx); !errors.Is(err, ErrBusy) {
			t.Fatal(err)
		}
	}
	if len(h.waits) != 0 {
		t.Errorf("%d still wait", len(h.waits))
	}
}

func FuzzDecodeHash(f *testing.F) {
	f.Add(encodeHash(cheap(), make([]byte, saltBytes), make([]byte, keyBytes)))
	f.Add("$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AA")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, kept string) {
		c, salt, key, err := decodeHash(kept)
		if err == nil && (c.MemoryKiB > memoryMost || c.Passes > passesMost || len(key) != keyBytes || len(salt) < 8) {
			t.Errorf("%q gives %+v", kept, c)
		}
	})
}
