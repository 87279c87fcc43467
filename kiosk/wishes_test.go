package kiosk

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/kiosk/layout"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// follow gives the page that the link of a wish leads to.
func (h *hall) follow(page, wish string) string {
	h.t.Helper()
	m := regexp.MustCompile(`class="wish ` + wish + `(?: on)?" href="([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		h.t.Fatalf("no wish %s in\n%s", wish, page)
	}
	return h.get(html.UnescapeString(m[1])).Body.String()
}

// tile gives the page behind the first tile.
func (h *hall) tile(page string) string {
	h.t.Helper()
	m := regexp.MustCompile(`class="tile" href="([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		h.t.Fatalf("no tile in\n%s", page)
	}
	return h.get(html.UnescapeString(m[1])).Body.String()
}

// submit touches the first procedure of a page, with all that its form carries.
func (h *hall) submit(page string) (status int, answer string) {
	h.t.Helper()
	form := url.Values{"procedure": {"khai-sinh"}}
	for _, m := range regexp.MustCompile(`type="hidden" name="([a-z]+)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		form.Add(m[1], m[2])
	}
	w := h.post("/kiosk/take", form)
	if w.Code == http.StatusSeeOther {
		return w.Code, h.get(w.Header().Get("Location")).Body.String()
	}
	return w.Code, w.Body.String()
}

func (h *hall) ticket(number string) queue.Ticket {
	h.t.Helper()
	t, err := h.office.Office.Ticket(h.t.Context(), number)
	if err != nil {
		h.t.Fatal(err)
	}
	return t
}

// Class and needs chosen on the first screen arrive with the ticket; who wants
// nothing has the same touches as ever.
func TestWishesArriveWithTheTicket(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		page := h.get("/kiosk?lang=en").Body.String()
		if strings.Contains(page, `wish hearing on`) {
			t.Error("something is chosen from the start")
		}
		page = h.follow(h.follow(h.follow(page, "hearing"), "mobility"), "priority")
		h.expect(page, `wish hearing on`, `wish mobility on`, `wish priority on`, `class="wish sight"`, `data-calm`, "chosen:")
		page = h.tile(h.follow(page, "mobility")) // Touched again: given up.
		_, page = h.submit(page)
		h.expect(page, "A001", "Priority – please show your papers")
		tk := h.ticket("A001")
		if tk.Class != queue.Priority || tk.Entitlement != queue.Declared || !slices.Equal(tk.Needs, []string{queue.NeedHearing}) || tk.Language != "en" {
			t.Errorf("%+v", tk)
		}
		_, page = h.submit(h.tile(h.get("/kiosk").Body.String()))
		if tk := h.ticket("A002"); tk.Class != queue.Normal || len(tk.Needs) != 0 || tk.Language != "vi" || strings.Contains(page, "ưu tiên") {
			t.Errorf("the next citizen has %+v", tk)
		}
	})
}

// Back and the pages of a long list keep what was chosen; the way home and the
// countdown do not.
func TestWishesEndWithTheVisit(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		page := h.tile(h.follow(h.get("/kiosk").Body.String(), "sight"))
		back := regexp.MustCompile(`href="([^"]+)" data-digit="0"`).FindStringSubmatch(page)
		if back == nil || !strings.Contains(back[1], "need=sight") {
			t.Errorf("back leads to %v", back)
		}
		h.expect(page, `data-home="/kiosk?lang=vi"`, `name="need" value="sight"`)
	})
}

// signed opens a hall whose office can sign cards.
func signed(t *testing.T, change func(*queue.Setup), test func(h *hall, engine *queue.Engine)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		setup := queue.CommuneCentre()
		if change != nil {
			change(&setup)
		}
		engine, err := queue.NewEngine(ctx, queue.Config{Setup: setup, Store: &memory.Store{}, Secret: []byte("0123456789abcdef")})
		if err != nil {
			t.Fatal(err)
		}
		k, err := New(Config{Office: engine, PaperWidth: layout.Width58})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() { defer close(done); _ = engine.Run(ctx) }()
		test(&hall{t: t, office: &troubled{Office: engine}, kiosk: k, web: k.Handler()}, engine)
		cancel()
		<-done
		k.prints.Wait()
	})
}

func (h *hall) scan(text, to string) (location string) {
	h.t.Helper()
	w := h.post("/kiosk/card", url.Values{"text": {text}, "to": {to}, "lang": {"vi"}})
	if w.Code != http.StatusSeeOther {
		h.t.Fatalf("scan: %d %s", w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

func TestScannedCard(t *testing.T) {
	signed(t, nil, func(h *hall, engine *queue.Engine) {
		card, err := engine.IssueCard(h.t.Context(), queue.CardRequest{Kind: "elderly", Until: time.Now().AddDate(1, 0, 0)})
		if err != nil {
			t.Fatal(err)
		}
		at := h.scan(strings.ToLower(card.Text), "/kiosk?lang=vi&need=sight&class=priority")
		if strings.Contains(at, card.Text) || !strings.HasPrefix(at, "/kiosk?") {
			t.Errorf("leads to %s", at)
		}
		page := h.get(at).Body.String()
		h.expect(page, "Diện ưu tiên: đã đọc thẻ", "wish sight on")
		_, page = h.submit(h.tile(page))
		h.expect(page, "A001", "đã đọc thẻ")
		if tk := h.ticket("A001"); tk.Class != queue.Priority || tk.Entitlement != queue.ByCard || !slices.Equal(tk.Needs, []string{queue.NeedSight}) {
			t.Errorf("%+v", tk)
		}
		page = h.tile(h.get(h.scan(card.Text, "/kiosk")).Body.String())
		time.Sleep(cardAge + time.Second)
		status, page := h.submit(page)
		if status != http.StatusConflict {
			t.Errorf("a card of five minutes ago: %d", status)
		}
		h.expect(page, "Thẻ ưu tiên này không dùng được", "quét lại")
		if _, err := engine.RevokeCard(h.t.Context(), queue.RevokeRequest{ID: card.ID}); err != nil {
			t.Fatal(err)
		}
		status, page = h.submit(h.tile(h.get(h.scan(card.Text, "/kiosk")).Body.String()))
		if status != http.StatusConflict {
			t.Errorf("a revoked card: %d", status)
		}
		h.expect(page, "quầy hướng dẫn")
	})
}

func TestScanGoesBackToAKioskScreenOnly(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		for to, want := range map[string]string{
			"/kiosk/field?name=X": "/kiosk/field?", "/kiosk/ticket/abc": "/kiosk?", "//evil.test/kiosk": "/kiosk?", "http://evil.test/kiosk": "/kiosk?", "%zz": "/kiosk?", "": "/kiosk?",
		} {
			if got := h.scan("XM1-1-20300101-X-AAAA", to); !strings.HasPrefix(got, want) {
				t.Errorf("from %q to %q", to, got)
			}
		}
		for _, text := range []string{"", "8934567890123", "XM1-" + strings.Repeat("A", 200)} {
			w := h.post("/kiosk/card", url.Values{"text": {text}})
			if w.Code != http.StatusConflict {
				t.Errorf("%.10q: %d", text, w.Code)
			}
		}
	})
}

// Where priority needs a card, the button explains that instead of promising.
func TestCardOnly(t *testing.T) {
	signed(t, func(s *queue.Setup) { s.Rules.CardOnly = true }, func(h *hall, _ *queue.Engine) {
		page := h.follow(h.get("/kiosk?need=hearing").Body.String(), "priority")
		h.expect(page, "Xin đưa thẻ vào máy đọc", "quầy hướng dẫn", "need=hearing")
		status, page := h.submit(strings.Replace(h.tile(h.get("/kiosk").Body.String()), `name="lang"`, `name="class" value="priority"><input type="hidden" name="lang"`, 1))
		if status != http.StatusConflict {
			t.Errorf("priority without a card: %d", status)
		}
		h.expect(page, "cần thẻ ưu tiên")
	})
}

func TestCardsAreBounded(t *testing.T) {
	c := cards{byKey: map[string]scan{}}
	now := time.Unix(0, 0)
	for range 2 * maxCards {
		key := c.keep(scan{text: "XM1-", at: now})
		if text, err := c.text(key, now.Add(cardAge)); text != "XM1-" || err != nil {
			t.Fatalf("%q, %v right after it was kept", text, err)
		}
	}
	if len(c.byKey) > maxCards {
		t.Errorf("%d cards are kept", len(c.byKey))
	}
	if _, err := c.text("unknown", now); queue.ErrorCode(err) != queue.CodeCardInvalid {
		t.Errorf("unknown key: %v", err)
	}
	if text, err := c.text("", now); text != "" || err != nil {
		t.Errorf("no key: %q, %v", text, err)
	}
}

// Whatever a request carries, only known wishes are read, and writing them
// down and reading them again changes nothing.
func TestWishesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := url.Values{}
		for range rapid.IntRange(0, 12).Draw(t, "n") {
			name := rapid.SampledFrom(append(wishNames(), "lang")).Draw(t, "name")
			q.Add(name, rapid.OneOf(rapid.SampledFrom(append(append(needs(), modes()...), "priority", "normal", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")), rapid.String()).Draw(t, "value"))
		}
		first := readWishes(&http.Request{Method: http.MethodGet, Form: q})
		second := readWishes(&http.Request{Method: http.MethodGet, Form: first.into(url.Values{})})
		if first.priority != second.priority || first.card != second.card || first.citizen != second.citizen || !slices.Equal(first.modes, second.modes) || !slices.Equal(first.needs, second.needs) || len(first.needs) > len(needs()) {
			t.Fatalf("%+v, then %+v", first, second)
		}
	})
}

func TestEveryRefusalHasANextStep(t *testing.T) {
	for _, code := range []queue.Code{
		queue.CodeServiceFull, queue.CodeChannelFull, queue.CodeIssuingStopped, queue.CodeCardNeeded, queue.CodeCardInvalid, queue.CodeClockWrong, queue.CodeOfficeClosed, queue.CodePersonLimit,
	} {
		vi, en := "", ""
		for _, lang := range []string{vietnamese, english} {
			status, what, next := wordsOf(t, lang).apology(code)
			if status == http.StatusInternalServerError || what == "" || next == "" {
				t.Errorf("%s in %s: %d %q %q", code, lang, status, what, next)
			}
			if lang == vietnamese {
				vi = what + next
			} else {
				en = what + next
			}
		}
		if vi == en {
			t.Errorf("%s reads the same in both languages", code)
		}
	}
}

func TestRefusalSaysWhenAgain(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Services[0].Quota = 1
	open(t, setup, func(h *hall) {
		page := h.tile(h.get("/kiosk").Body.String())
		if status, _ := h.submit(page); status != http.StatusSeeOther {
			t.Fatalf("first number: %d", status)
		}
		again := h.tile(h.get("/kiosk").Body.String())
		_, answer := h.submit(strings.Replace(again, "disabled", "", -1))
		h.expect(answer, "đã phát hết số hôm nay", "Nhận số lại lúc 00:00, ")
	})
}

// wordsOf gives the words of a language.
func wordsOf(t *testing.T, lang string) words {
	t.Helper()
	all, err := loadTongues(nil)
	if err != nil {
		t.Fatal(err)
	}
	return all.of(lang)
}
