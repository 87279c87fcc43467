package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Push tells the browsers of holders, also when the ticket's page is closed.
type Push interface {
	// Key is what a browser subscribes with.
	Key() string
	// Subscribe has a browser told of a ticket, durably; subscription is what the
	// browser gives. ErrSubscription: it is none that can be written to.
	Subscribe(ctx context.Context, ticket queue.Ticket, l page.Lang, subscription []byte) error
	// Resubscribe is Subscribe for a browser whose subscription was another, which
	// is forgotten and whose tickets it is told of too; to give it proves that it was
	// the same browser's.
	Resubscribe(ctx context.Context, ticket queue.Ticket, l page.Lang, old, subscription []byte) error
	// Unsubscribe forgets a browser at once.
	Unsubscribe(ctx context.Context, subscription []byte) error
}

// ErrSubscription says that a browser gave something that is no subscription of
// a known push service.
var ErrSubscription = errors.New("web: not a subscription")

// pushWorker is the script that shows what comes, beside the tickets' pages whose
// windows it opens: browsers let it act for "/t/" because it lies above.
const pushWorker = "/push-worker.js"

const maxSubscription = 4096 // Bytes of a request; browsers give a quarter of it.

// routePush adds the paths of push, if there is any.
func (w *Web) routePush(mux *http.ServeMux) {
	if w.Push == nil {
		return
	}
	w.route(mux, "GET", pushWorker, w.pushScript)
	w.route(mux, "POST", "/t/{token}/push", w.subscribe)
	w.route(mux, "POST", "/t/{token}/push/change", w.resubscribe)
	w.route(mux, "POST", "/t/{token}/push/off", w.unsubscribe)
}

func (w *Web) pushScript(rw http.ResponseWriter, _ *http.Request) {
	script, err := static.ReadFile("static/push-worker.js")
	if err != nil { // It is embedded.
		http.Error(rw, "the script is missing", http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	rw.Header().Set("Cache-Control", "no-cache")
	_, _ = rw.Write(script) // Whoever went away needs none.
}

// subscribe has a browser told of the ticket whose link it knows.
func (w *Web) subscribe(rw http.ResponseWriter, r *http.Request) {
	w.noteBrowser(rw, r, w.Push.Subscribe)
}

// resubscribe does the same for a browser whose subscription has become another.
func (w *Web) resubscribe(rw http.ResponseWriter, r *http.Request) {
	w.noteBrowser(rw, r, func(ctx context.Context, t queue.Ticket, l page.Lang, raw []byte) error {
		var change struct{ Old, New json.RawMessage }
		if json.Unmarshal(raw, &change) != nil {
			return ErrSubscription
		}
		return w.Push.Resubscribe(ctx, t, l, change.Old, change.New)
	})
}

func (w *Web) noteBrowser(rw http.ResponseWriter, r *http.Request, note func(ctx context.Context, t queue.Ticket, l page.Lang, sent []byte) error) {
	l := page.Language(r)
	t, err := w.holder(r)
	if err == nil && !w.pushes.allow("on "+t.ID) {
		err = errTooOften
	}
	if err == nil {
		err = w.withSubscription(rw, r, func(ctx context.Context, sent []byte) error { return note(ctx, t, l, sent) })
	}
	w.pushAnswer(rw, r, l, err)
}

// unsubscribe forgets a browser.
func (w *Web) unsubscribe(rw http.ResponseWriter, r *http.Request) {
	t, err := w.holder(r)
	switch {
	case queue.ErrorCode(err) == queue.CodeUnknownTicket: // Its day is over, and with it what was kept.
		err = nil
	case err == nil && !w.pushes.allow("off "+t.ID):
		err = errTooOften
	case err == nil:
		err = w.withSubscription(rw, r, w.Push.Unsubscribe)
	}
	w.pushAnswer(rw, r, page.Language(r), err)
}

// withSubscription does something with what a browser has sent.
func (w *Web) withSubscription(rw http.ResponseWriter, r *http.Request, do func(ctx context.Context, subscription []byte) error) error {
	raw, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxSubscription))
	if err != nil {
		return ErrSubscription
	}
	return do(r.Context(), raw)
}

// pushAnswer tells the page's script what became of it, in words for the citizen.
func (w *Web) pushAnswer(rw http.ResponseWriter, r *http.Request, l page.Lang, err error) {
	if err == nil {
		rw.WriteHeader(http.StatusNoContent)
		return
	}
	status, words := pushTrouble(err)
	if status >= http.StatusInternalServerError && r.Context().Err() == nil {
		w.log.Warn("a browser could not be noted", "err", err)
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(map[string]string{"say": words.in(l)}) // Whoever went away needs none.
}

func pushTrouble(err error) (status int, words both) {
	if errors.Is(err, ErrSubscription) {
		return http.StatusUnprocessableEntity, both{"Trình duyệt này không nhận được thông báo từ trung tâm. Xin để trang này mở và bật chuông, hoặc xem bảng gọi số.", "This browser cannot be told by the office. Please keep this page open with the sound on, or watch the board."}
	}
	switch queue.ErrorCode(err) {
	case queue.CodeWrongState:
		return http.StatusConflict, both{"Số này không còn chờ nên không có gì để báo thêm. Xin xem thông tin trên trang này.", "There is nothing more to tell of this number. Please see this page."}
	case queue.CodePersonLimit:
		return http.StatusConflict, both{"Số này đã có đủ máy theo dõi. Xin tắt báo lượt trên một máy khác, hoặc để trang này mở và bật chuông.", "Enough devices follow this number. Please turn it off on another one, or keep this page open with the sound on."}
	case queue.CodeRateLimited:
		return http.StatusTooManyRequests, both{"Đã thử nhiều lần quá. Xin chờ một phút rồi thử lại.", "That was too often. Please wait a minute and try again."}
	case queue.CodeUnknownTicket:
		return http.StatusNotFound, both{"Không tìm thấy số này. Xin quét lại mã QR trên phiếu.", "This number was not found. Please scan the QR code on the ticket again."}
	default:
		return http.StatusServiceUnavailable, both{"Chưa ghi nhận được. Xin thử lại sau một phút; trong lúc đó để trang này mở.", "This could not be noted. Please try again in a minute, and keep this page open meanwhile."}
	}
}
