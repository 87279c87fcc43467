package queue

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestLinks(t *testing.T) {
	links := NewLinks([]byte("a secret of this installation"), "http://192.168.1.10:8080/")
	url, token := links.URL("o", "42"), links.Token("o", "42")
	if url != "http://192.168.1.10:8080/t/"+token || len(token) < 17 || len(token) > 30 {
		t.Errorf("url %s, token %s", url, token)
	}
	if again := links.Token("o", "42"); again != token {
		t.Errorf("a reprint shows %s after %s", again, token)
	}
	if id, ok := links.Ticket("o", token); !ok || id != "42" {
		t.Errorf("own token gives %q, %v", id, ok)
	}
	if links.Token("o", "none") != "" || links.Token("o", "-1") != "" {
		t.Error("a token for what is no id")
	}
	others := map[string]*Links{"another secret": NewLinks([]byte("another"), "http://x"), "no secret": NewLinks(nil, "http://x")}
	for name, l := range others {
		if id, ok := l.Ticket("o", token); ok {
			t.Errorf("%s: forged token gives %s", name, id)
		}
	}
	if id, ok := links.Ticket("p", token); ok {
		t.Errorf("another office's token gives %s", id)
	}
	for cut := range len(token) {
		if id, ok := links.Ticket("o", token[:cut]); ok {
			t.Errorf("%d of %d characters give %s", cut, len(token), id)
		}
	}
	for _, longer := range []string{token + "A", token + "AA", token + "=", token + token, strings.Repeat("A", 1<<16)} {
		if id, ok := links.Ticket("o", longer); ok {
			t.Errorf("%d characters give %s", len(longer), id)
		}
	}
}

// One changed character anywhere is noticed; no two tickets share a token.
func TestLinksRoundTrip(t *testing.T) {
	links := NewLinks([]byte("secret"), "")
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	rapid.Check(t, func(t *rapid.T) {
		id := strconv.FormatInt(rapid.Int64Min(0).Draw(t, "id"), 10)
		token := links.Token("o", id)
		if got, ok := links.Ticket("o", token); !ok || got != id {
			t.Fatalf("%s → %s → %s, %v", id, token, got, ok)
		}
		i := rapid.IntRange(0, len(token)-1).Draw(t, "at")
		c := alphabet[rapid.IntRange(0, 63).Draw(t, "with")]
		changed := token[:i] + string(c) + token[i+1:]
		if got, ok := links.Ticket("o", changed); ok != (changed == token) {
			t.Fatalf("%s for %s gives %s, %v", changed, token, got, ok)
		}
	})
}

func FuzzLinks(f *testing.F) {
	links := NewLinks([]byte("secret"), "")
	f.Add("o", links.Token("o", "1"))
	f.Add("o", links.Token("o", "9223372036854775807"))
	f.Add("", "AAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, office, token string) {
		if id, ok := links.Ticket(office, token); ok && links.Token(office, id) != token {
			t.Errorf("%q is another token for %s", token, id)
		}
	})
}
