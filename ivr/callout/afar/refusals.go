package afar

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/beside"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// RefusalsPath is where telephones ask, by POST, which of their own wishes are not
// wanted any more.
const RefusalsPath = "/telephone/refusals"

// RefusalsName is the file of Refusals within a data directory.
const RefusalsName = "refusals.db"

// Bounds of a question: how many wishes it is about, and its bytes.
const (
	maxAsked     = 500
	maxAskedBody = 64 << 10
)

const (
	// keepRefusals outlives every wish that was open when it was made: wishes end
	// with the office's day.
	keepRefusals = 48 * time.Hour
	pruneEvery   = time.Hour
	// slack is how long a question may be on its way: its wishes are older by that.
	// Who asks anew so soon after a refusal is not called, which does less harm.
	slack = 10 * time.Second
)

const refusalsSchema = `
CREATE TABLE refusal (
	mark BLOB PRIMARY KEY,
	at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX refusal_at ON refusal (at);
`

// Refusals is who said to the office, by whichever door, not to be called any more;
// for the books of calls that telephones on other machines keep themselves. It holds
// a keyed hash of each telephone number, for two days.
type Refusals struct {
	db     *beside.File
	secret []byte
	now    func() time.Time
}

// OpenRefusals opens or creates the file at path. The secret must be the same at
// every start; now may be nil.
func OpenRefusals(ctx context.Context, path string, secret []byte, now func() time.Time) (*Refusals, error) {
	db, err := beside.Open(ctx, path, beside.Schema{Name: "refusals", Create: refusalsSchema})
	if err != nil {
		return nil, err
	}
	if now == nil {
		now = time.Now
	}
	return &Refusals{db, secret, now}, nil
}

// Close closes the file.
func (r *Refusals) Close() error { return r.db.Close() }

// Run erases what is old until ctx ends.
func (r *Refusals) Run(ctx context.Context) error {
	for {
		err := r.db.Update(ctx, func(t *beside.Tx) error {
			return t.Do("DELETE FROM refusal WHERE at < ?", beside.Millis(r.now().Add(-keepRefusals)))
		})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if !queue.Await(ctx, nil, pruneEvery) {
			return nil
		}
	}
}

// Note keeps that the holder of a telephone wants no call: it is on the disk when it
// returns nil.
func (r *Refusals) Note(ctx context.Context, telephone string) error {
	return r.db.Update(ctx, func(t *beside.Tx) error {
		return t.Do("INSERT INTO refusal (mark, at) VALUES (?, ?) ON CONFLICT (mark) DO UPDATE SET at = max(at, excluded.at)", r.mark(telephone), beside.Millis(r.now()))
	})
}

// Since reports whether the holder of a telephone has refused since a time.
func (r *Refusals) Since(ctx context.Context, telephone string, since time.Time) (refused bool, err error) {
	err = r.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM refusal WHERE mark = ? AND at >= ?)", r.mark(telephone), beside.Millis(since)).Scan(&refused)
	return refused, err
}

func (r *Refusals) mark(telephone string) []byte {
	mac := hmac.New(sha256.New, r.secret)
	mac.Write([]byte("refusal\x00" + queue.Telephone(telephone)))
	return mac.Sum(nil)[:16]
}

// aged is a wish of a telephone. Its age, in milliseconds, needs no clock that is
// right at both ends.
type aged struct {
	Number string `json:"number"`
	Age    int64  `json:"age_ms"`
}

// openWishes are some wishes, refused which of them are not wanted any more, by
// their place.
type (
	openWishes struct {
		Wishes []aged `json:"wishes"`
	}
	refused struct {
		Refused []int `json:"refused"`
	}
)

// RefusalsHandler answers telephones under RefusalsPath; whoever mounts it lets only
// them in.
func RefusalsHandler(r *Refusals) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+RefusalsPath, func(w http.ResponseWriter, q *http.Request) {
		body, err := readBody(w, q, maxAskedBody)
		if err != nil {
			refuse(w, err)
			return
		}
		out, err := r.answer(q.Context(), body)
		if err != nil {
			refuse(w, err)
			return
		}
		_ = page.JSON(w, http.StatusOK, out)
	})
	return mux
}

func (r *Refusals) answer(ctx context.Context, body []byte) (out refused, err error) {
	var in openWishes
	if json.Unmarshal(body, &in) != nil || len(in.Wishes) > maxAsked {
		return out, errBody
	}
	now := r.now()
	for i, w := range in.Wishes {
		if w.Age < 0 || len(w.Number) > maxField {
			return out, errBody
		}
		age := min(time.Duration(min(w.Age, keepRefusals.Milliseconds()))*time.Millisecond+slack, keepRefusals)
		said, err := r.Since(ctx, w.Number, now.Add(-age))
		if err != nil {
			return out, err
		}
		if said {
			out.Refused = append(out.Refused, i)
		}
	}
	return out, nil
}

// Refused gives the tickets of those wishes of this telephone's own book whose
// holders have refused at the office since they asked: what callout.Config.Refused
// wants. An office that is too old to be asked knows of none.
func (b *Book) Refused(ctx context.Context, wishes []book.Wish) (tickets []string, err error) {
	for part := range slices.Chunk(wishes, maxAsked) {
		var in openWishes
		now := time.Now()
		for _, w := range part {
			in.Wishes = append(in.Wishes, aged{w.Telephone, max(0, now.Sub(w.Asked).Milliseconds())})
		}
		var out refused
		switch err := b.post(ctx, RefusalsPath, in, &out); {
		case errors.Is(err, errNobody):
			return nil, nil
		case err != nil:
			return nil, err
		}
		for _, i := range out.Refused {
			if i < 0 || i >= len(part) {
				return nil, errors.New("wishes to be called: the office's answer is about none of them")
			}
			tickets = append(tickets, part[i].Ticket)
		}
	}
	return tickets, nil
}
