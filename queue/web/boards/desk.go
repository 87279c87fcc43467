package boards

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed templates static
var files embed.FS

// Prefix is where the page is. Whoever mounts the handler guards it for
// administrators.
const Prefix = "/admin/boards"

const (
	maxForm       = 256 << 10
	uploadsAtOnce = 2
	uploadPause   = 30 * time.Second // Nothing of an upload came for so long.
	formExtra     = 1 << 20          // What a form adds to the file in it.
)

// Config is what the page needs; Setup and Media are required.
type Config struct {
	Setup  page.Setup
	Media  *Media
	Open   func() map[string]int // Screens that are open now, by board; nil = not known.
	Logger *slog.Logger
	Office string // Name, for the head of the page.
	Build  string
}

// Desk is the page.
type Desk struct {
	Config
	kit     *page.Desk
	uploads chan struct{} // Holds one token for every upload that runs.
}

// New makes the page.
func New(c Config) (*Desk, error) {
	if c.Setup == nil || c.Media == nil {
		return nil, errors.New("boards desk: Config.Setup and Config.Media are required")
	}
	if c.Open == nil {
		c.Open = func() map[string]int { return nil }
	}
	kit, err := page.NewDesk(page.DeskConfig{
		Name: "boards desk", Prefix: Prefix, Files: files, Style: "boards.css", Office: c.Office, Build: c.Build, Logger: c.Logger,
	})
	if err != nil {
		return nil, err
	}
	c.Logger = kit.Logger
	return &Desk{Config: c, kit: kit, uploads: make(chan struct{}, uploadsAtOnce)}, nil
}

// Handler serves everything under Prefix.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix, func(w http.ResponseWriter, r *http.Request) { d.show(w, r, http.StatusOK, nil, nil) })
	d.kit.Form(mux, "save", maxForm, d.save)
	d.kit.Form(mux, "new", maxForm, d.add)
	d.kit.Form(mux, "remove", maxForm, d.remove)
	d.kit.Form(mux, "forget", maxForm, d.forget)
	mux.HandleFunc("GET "+Prefix+"/upload", func(w http.ResponseWriter, r *http.Request) { d.kit.See(w, r, nil, "media") })
	mux.HandleFunc("POST "+Prefix+"/upload", d.upload)
	return d.kit.Handler(mux)
}

// statusOf tells a form that cannot be used from a setup that somebody else
// has changed meanwhile.
func statusOf(err error) int {
	switch {
	case queue.ErrorCode(err) == queue.CodeStaleVersion:
		return http.StatusConflict
	case queue.ErrorCode(err) == queue.CodeUnavailable:
		return http.StatusServiceUnavailable
	case errors.Is(err, ErrMediaSize):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrMediaFull), errors.Is(err, ErrMediaDisk):
		return http.StatusInsufficientStorage
	}
	return http.StatusUnprocessableEntity
}

// change puts a change of the boards in force, unless somebody else was quicker.
func (d *Desk) change(ctx context.Context, version string, change func(*queue.Setup) error) error {
	view, err := d.Setup.Setup(ctx)
	if err != nil {
		return err
	}
	if version != "" && version != view.Version {
		return page.Stale()
	}
	if err := change(&view.Setup); err != nil {
		return err
	}
	_, err = page.Configure(ctx, d.Setup, view)
	return err
}

// save changes one board.
func (d *Desk) save(w http.ResponseWriter, r *http.Request, err error) {
	var typed queue.BoardSetup
	if err == nil {
		typed, err = readBoard(r.PostForm, d.Media.All())
	}
	if err == nil {
		err = d.change(r.Context(), r.PostForm.Get("version"), func(s *queue.Setup) error {
			i := slices.IndexFunc(s.Boards, func(b queue.BoardSetup) bool { return b.ID == typed.ID })
			if i < 0 {
				return errGone
			}
			s.Boards[i] = typed
			return nil
		})
	}
	if err != nil {
		d.show(w, r, statusOf(err), &typed, err)
		return
	}
	d.kit.See(w, r, url.Values{"done": {"save"}, "board": {typed.ID}}, "board")
}

var (
	errGone  = errors.New("bảng này đã bị xóa: quay lại danh sách (this board was removed: go back to the list)")
	errTaken = errors.New("đã có bảng mang tên ngắn này: đặt tên khác (there is a board of that short name: choose another)")
	errBusy  = errors.New("đang nhận hai tệp khác: chờ xong rồi gửi lại (two other files are coming in: wait, then send it again)")
	// errTooMuch is also of several files that are too large together.
	errTooMuch = fmt.Errorf("%w; chọn nhiều tệp thì gửi từng tệp một (of several files, send one at a time)", ErrMediaSize)

	errNone = errors.New("chưa chọn tệp: bấm nút chọn tệp, rồi gửi (no file was chosen: choose one, then send it)")
)

// add makes a board that shows everything.
func (d *Desk) add(w http.ResponseWriter, r *http.Request, err error) {
	b := queue.BoardSetup{ID: r.PostForm.Get("id"), Name: line(r.PostForm.Get("name"))}
	if err == nil {
		err = d.change(r.Context(), "", func(s *queue.Setup) error {
			if slices.ContainsFunc(s.Boards, func(o queue.BoardSetup) bool { return o.ID == b.ID }) {
				return errTaken
			}
			s.Boards = append(s.Boards, b)
			return nil
		})
	}
	if err != nil {
		d.show(w, r, statusOf(err), nil, err)
		return
	}
	d.kit.See(w, r, url.Values{"done": {"new"}, "board": {b.ID}}, "board")
}

// remove forgets a board. Screens that still show it show everything.
func (d *Desk) remove(w http.ResponseWriter, r *http.Request, err error) {
	if err == nil {
		err = d.change(r.Context(), "", func(s *queue.Setup) error {
			s.Boards = slices.DeleteFunc(s.Boards, func(b queue.BoardSetup) bool { return b.ID == r.PostForm.Get("id") })
			return nil
		})
	}
	if err != nil {
		d.show(w, r, statusOf(err), nil, err)
		return
	}
	d.kit.See(w, r, url.Values{"done": {"remove"}}, "")
}

// forget deletes a picture or a video.
func (d *Desk) forget(w http.ResponseWriter, r *http.Request, err error) {
	if err == nil {
		err = d.Media.Remove(r.PostForm.Get("file"))
	}
	if err != nil {
		d.show(w, r, statusOf(err), nil, err)
		return
	}
	d.kit.See(w, r, url.Values{"done": {"forget"}, "board": {r.PostForm.Get("board")}}, "media")
}

// upload takes pictures and videos in. They go to the disk as they come; a line
// that is slow is waited for, one that is dead is not.
func (d *Desk) upload(w http.ResponseWriter, r *http.Request) {
	select {
	case d.uploads <- struct{}{}:
		defer func() { <-d.uploads }()
	default:
		d.show(w, r, http.StatusServiceUnavailable, nil, errBusy)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxVideo+formExtra)
	slow := &patient{r.Body, http.NewResponseController(w)}
	r.Body = slow
	board, err := d.takeIn(r)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			err = errTooMuch
		}
		told := []error{errTooMuch, errNone, ErrMediaKind, ErrMediaSize, ErrMediaFull, ErrMediaDisk}
		if !slices.ContainsFunc(told, func(known error) bool { return errors.Is(err, known) }) {
			err = fmt.Errorf("tệp chưa được lưu: gửi lại, nếu vẫn không được thì xem đĩa của máy chủ (the file was not kept: send it again, and if that fails look at the server's disk): %w", err)
		}
		slow.drain()
		d.show(w, r, statusOf(err), nil, err)
		return
	}
	d.kit.See(w, r, url.Values{"done": {"upload"}, "board": {board}}, "media")
}

// takeIn reads the form and keeps every file of it.
func (d *Desk) takeIn(r *http.Request) (board string, err error) {
	form, err := r.MultipartReader()
	if err != nil {
		return "", errNone
	}
	for n := 0; ; {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			if n == 0 {
				err = errNone
			} else {
				err = nil
			}
			return board, err
		}
		if err != nil {
			return board, err
		}
		switch {
		case part.FormName() == "board":
			id, err := io.ReadAll(io.LimitReader(part, 64))
			if err != nil {
				return board, err
			}
			board = string(id)
		case part.FileName() != "":
			if _, err := d.Media.Add(part.FileName(), part); err != nil {
				return board, err
			}
			n++
		}
	}
}

// patient reads an upload, which may take longer than the server waits for
// other requests.
type patient struct {
	io.ReadCloser
	control *http.ResponseController
}

// Read implements io.Reader.
func (p *patient) Read(b []byte) (int, error) {
	_ = p.control.SetReadDeadline(time.Now().Add(uploadPause)) // Not settable in tests.
	return p.ReadCloser.Read(b)
}

// drain reads a little of what is left, so that a browser in the middle of
// sending comes to hear why it was refused.
func (p *patient) drain() {
	_, _ = io.CopyN(io.Discard, p, formExtra) // It may end sooner.
}
