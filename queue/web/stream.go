package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

// ping is a sign of life: how old the news are.
func (w *Web) ping() []byte { return page.Ping(w.feed.age(), w.Now().In(w.zone())) }

// noStream refuses a live connection: the page shows the sentence to whoever
// opens the address by hand, and tries again by itself.
func noStream(rw http.ResponseWriter, why error) {
	words := "Máy chủ đang bận; trang này tự thử lại sau ít giây. / The server is busy; this page tries again in a few seconds."
	pause := "5"
	if errors.Is(why, errCrowded) {
		words = "Địa chỉ mạng này đang mở quá nhiều trang trực tiếp. Xin đóng bớt trang rồi thử lại sau nửa phút. / " +
			"Too many live pages are open from this network address. Please close some and try again in half a minute."
		pause = "30"
	}
	rw.Header().Set("Retry-After", pause)
	http.Error(rw, words, http.StatusServiceUnavailable)
}

// visitor is who a public live connection is counted by.
func (w *Web) visitor(r *http.Request) string {
	if ip := w.ClientIP(r); ip != staff {
		return ip
	}
	return "?" // Unknown addresses share one allowance, and never the staff's.
}

// serve sends client, who looks at a ticket or, with "", at the hall, what pick makes of every snapshot, and a ping in between,
// until the watcher or the server goes. A nil frame is skipped. pause, if not
// 0, is the least time between two looks; such a watcher is looked after with
// every ping too, since waits go on when nothing happens.
func (w *Web) serve(rw http.ResponseWriter, r *http.Request, client, ticket string, pause time.Duration, pick func(*snapshot) []byte) {
	box, leave, err := w.feed.watch(client, ticket)
	if err != nil {
		noStream(rw, err)
		return
	}
	defer leave()
	s, err := page.StartStream(rw, w.build)
	if err != nil || s.Send(w.ping()) != nil {
		return
	}
	tick := time.NewTicker(page.Heartbeat)
	defer tick.Stop()
	var last *snapshot
	for {
		var out []byte
		looked := false
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
			out = w.ping()
			if pause > 0 && last != nil {
				out = append(out, pick(last)...)
			}
		case snap, ok := <-box:
			if !ok {
				return
			}
			last = snap
			out = pick(snap)
			looked = true
		}
		if out != nil && s.Send(out) != nil {
			return
		}
		if looked {
			sleep(r.Context(), pause)
		}
	}
}

func (w *Web) boardStream(rw http.ResponseWriter, r *http.Request) {
	h, err := w.look(r.Context())
	if err != nil { // The board waits for what comes, and shows how old its news are.
		w.log.Warn("board opened without the office", "err", err)
	}
	k, _ := w.boardKey(r, h)
	defer w.screens.enter(k.name)()
	w.serve(rw, r, w.visitor(r), "", 0, func(s *snapshot) []byte { return s.frame(k) })
}

// staffStream is behind the staff's right, which Counter's caller guards.
func (w *Web) staffStream(rw http.ResponseWriter, r *http.Request) {
	leave := func() {}
	if page.WorksAt(r.Context(), r.PathValue("counter")) { // Who only looks on is in nobody's way.
		leave = w.seats.enter(r.PathValue("counter"), r.URL.Query().Get("seat"))
	}
	w.Refresh() // Another console may be open there: both are told.
	defer w.Refresh()
	defer leave()
	w.serve(rw, r, staff, "", 0, func(s *snapshot) []byte { return s.staff })
}
