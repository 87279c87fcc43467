package studio

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// The largest bodies: a form, one sentence (30 s at 48 kHz, 16 bit, stereo),
// a long recording.
const (
	maxForm     = 16 << 10
	maxSentence = 8 << 20
	maxLong     = audio.MaxWAV
)

// uploadTime is how long a recording may be on its way: the largest one over a
// line of half a megabit a second.
const uploadTime = 10 * time.Minute

// Handlers of an address, of one that names a recording, and of one that names a
// take of it.
type (
	handler        func(http.ResponseWriter, *http.Request) error
	projectHandler func(http.ResponseWriter, *http.Request, *project) error
	takeHandler    func(w http.ResponseWriter, r *http.Request, p *project, clip string, take int) error
)

// of finds the recording that the address names.
func (s *Studio) of(h projectHandler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := s.shelf.get(r.PathValue("project"))
		if err != nil {
			return err
		}
		return h(w, r, p)
	}
}

// ofTake reads clip and take of the address as well.
func (s *Studio) ofTake(h takeHandler) handler {
	return s.of(func(w http.ResponseWriter, r *http.Request, p *project) error {
		clip := r.PathValue("clip")
		take, err := strconv.Atoi(r.PathValue("take"))
		if err != nil || take < 1 {
			return noSuchTake(clip, take)
		}
		return h(w, r, p, clip, take)
	})
}

// Handler serves everything under /studio. The caller guards it with the
// administrator's right.
func (s *Studio) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]handler{
		"GET /studio":                                             s.showProjects,
		"GET /studio/{$}":                                         s.showProjects,
		"POST /studio":                                            s.createProject,
		"GET /studio/{project}":                                   s.of(s.showProject),
		"POST /studio/{project}/remove":                           s.removeProject,
		"GET /studio/{project}/state":                             s.of(s.showState),
		"POST /studio/{project}/room":                             s.of(s.postRoom),
		"POST /studio/{project}/long":                             s.of(s.postLong),
		"POST /studio/{project}/takes/{clip}":                     s.of(s.postTake),
		"GET /studio/{project}/takes/{clip}/{take}":               s.ofTake(s.showTake),
		"POST /studio/{project}/takes/{clip}/{take}/accept":       s.ofTake(s.acceptTake),
		"POST /studio/{project}/takes/{clip}/{take}/cut":          s.ofTake(s.cutTake),
		"GET /studio/{project}/takes/{clip}/{take}/clip.wav":      s.ofTake(play((*project).heard)),
		"GET /studio/{project}/takes/{clip}/{take}/recording.wav": s.ofTake(play((*project).sound)),
		"GET /studio/{project}/call.wav":                          s.of(s.playCall),
		"POST /studio/{project}/finish":                           s.of(s.finish),
		"POST /studio/{project}/use":                              s.of(s.use),
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := h(w, r); err != nil {
				s.fail(w, r, err)
			}
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, refuse(http.StatusNotFound, "Không có trang này. Quay lại phòng thu.", "There is no such page. Go back to the studio."))
	})
	return s.kit.Handler(mux) // No recording is called "static".
}

// fail answers a page with a page and a script with JSON.
func (s *Studio) fail(w http.ResponseWriter, r *http.Request, err error) {
	p, own := asProblem(err)
	if !own && r.Context().Err() == nil {
		s.log.Error("studio", "path", r.URL.Path, "err", err)
	}
	l := page.Language(r)
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		s.kit.Render(w, r, p.Status, "problem", s.view(l, l.T("Không được", "That did not work"), l.T(p.VI, p.EN)))
		return
	}
	if err := page.JSON(w, p.Status, map[string]string{"problem": l.T(p.VI, p.EN)}); err != nil {
		s.log.Debug("studio answer", "err", err)
	}
}

func writeWAV(w http.ResponseWriter, p audio.PCM) {
	w.Header().Set("Content-Type", "audio/wav")
	w.Header().Set("Cache-Control", "no-store")
	b := audio.EncodeWAV(p)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) // A failed write is a listener gone.
}

// readWAV reads an uploaded recording of bounded size.
func readWAV(w http.ResponseWriter, r *http.Request, limit int64) (audio.PCM, error) {
	// The server's own deadline is for forms. Where it cannot be moved, it stays.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
	p, err := audio.ReadWAV(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return p, refuse(http.StatusRequestTimeout, "Đường truyền quá chậm, bản thu chưa tới đủ. Dùng mạng dây hoặc tệp nhỏ hơn rồi gửi lại.",
			"The line is too slow, the recording did not arrive whole. Use a cable or a smaller file and send it again.")
	case errors.As(err, &large):
		return p, refuse(http.StatusRequestEntityTooLarge, "Tệp lớn hơn %d MB. Chia thành nhiều tệp nhỏ hơn.", "The file is larger than %d MB. Split it into smaller files.", limit>>20)
	case err != nil:
		return p, refuse(http.StatusUnsupportedMediaType,
			"Tệp này không phải WAV dùng được (cần WAV PCM 16 hoặc 24 bit, tốt nhất 48 kHz một kênh). Xuất lại tệp rồi tải lên.",
			"This is no usable WAV file (wanted: PCM, 16 or 24 bit, best 48 kHz mono). Export it again and upload it.")
	case len(p.Samples) == 0:
		return p, refuse(http.StatusUnprocessableEntity, "Bản thu rỗng. Đọc lại.", "The recording is empty. Read again.")
	}
	return p, nil
}

// upload reads a recording, and then waits for a place to work on it: a slow line
// keeps nobody else waiting.
func (s *Studio) upload(w http.ResponseWriter, r *http.Request, limit int64) (raw audio.PCM, done func(), err error) {
	if raw, err = readWAV(w, r, limit); err == nil {
		done, err = s.begin(r.Context())
	}
	return raw, done, err
}

func (s *Studio) createProject(w http.ResponseWriter, r *http.Request) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return refuse(http.StatusBadRequest, "Biểu mẫu không đọc được. Xin điền lại.", "The form cannot be read. Please fill it in again.")
	}
	b := briefOf(r.PostForm)
	p, err := s.shelf.create(b)
	var bad *Problem
	if errors.As(err, &bad) && strings.Contains(r.Header.Get("Accept"), "text/html") {
		l := page.Language(r)
		return s.renderProjects(w, r, bad.Status, b, l.T(bad.VI, bad.EN))
	}
	if err != nil {
		return err
	}
	s.log.Info("recording begun", "recording", p.state.ID)
	http.Redirect(w, r, Prefix+"/"+p.state.ID, http.StatusSeeOther)
	return nil
}

// removeProject deletes a recording whose id was typed as a confirmation.
func (s *Studio) removeProject(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("project")
	if err := page.ReadForm(w, r, maxForm); err != nil || r.PostForm.Get("confirm") != id {
		return refuse(http.StatusBadRequest, "Để xóa, gõ đúng mã bản thu: %s. Quay lại và thử lại.", "To remove it, type the recording's code: %s. Go back and try again.", id)
	}
	if err := s.shelf.remove(id); err != nil {
		return err
	}
	s.log.Info("recording removed", "recording", id)
	http.Redirect(w, r, Prefix, http.StatusSeeOther)
	return nil
}

// postTake keeps one recording of one line. With ?alone=1 it holds the clip and
// nothing else.
func (s *Studio) postTake(w http.ResponseWriter, r *http.Request, p *project) error {
	clip := r.PathValue("clip")
	if _, err := p.line(clip); err != nil {
		return err
	}
	raw, done, err := s.upload(w, r, maxSentence)
	if err != nil {
		return err
	}
	defer done()
	t, err := p.add(clip, raw, r.URL.Query().Get("alone") == "1")
	if err != nil {
		return err
	}
	return s.answerTake(w, r, p, clip, t)
}

func (s *Studio) showTake(w http.ResponseWriter, r *http.Request, p *project, clip string, take int) error {
	p.mu.Lock()
	t, err := p.state.take(clip, take)
	var found Take
	if err == nil {
		found = *t
	}
	p.mu.Unlock()
	if err != nil {
		return err
	}
	return s.answerTake(w, r, p, clip, found)
}

func (s *Studio) acceptTake(w http.ResponseWriter, r *http.Request, p *project, clip string, take int) error {
	if err := p.accept(clip, take); err != nil {
		return err
	}
	return page.JSON(w, http.StatusOK, map[string]any{"accepted": take, "progress": p.progress()})
}

// cutTake moves the edges of a take: {"from_ms": 420, "to_ms": 910}.
func (s *Studio) cutTake(w http.ResponseWriter, r *http.Request, p *project, clip string, take int) error {
	var cut struct {
		From int64 `json:"from_ms"`
		To   int64 `json:"to_ms"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxForm)).Decode(&cut); err != nil || cut.From < 0 || cut.To > maxTake.Milliseconds() {
		return refuse(http.StatusBadRequest, "Hai mép cắt không hợp lệ. Kéo lại.", "The edges are not valid. Move them again.")
	}
	done, err := s.begin(r.Context())
	if err != nil {
		return err
	}
	defer done()
	t, err := p.recut(clip, take, time.Duration(cut.From)*time.Millisecond, time.Duration(cut.To)*time.Millisecond)
	if err != nil {
		return err
	}
	return s.answerTake(w, r, p, clip, t)
}

// play answers with a sound of a take.
func play(sound func(*project, string, int) (audio.PCM, error)) takeHandler {
	return func(w http.ResponseWriter, _ *http.Request, p *project, clip string, take int) error {
		pcm, err := sound(p, clip, take)
		if err != nil {
			return err
		}
		writeWAV(w, pcm)
		return nil
	}
}

// playCall renders a whole call with what is recorded so far. The headers tell
// which words another voice says, and which nothing says.
func (s *Studio) playCall(w http.ResponseWriter, r *http.Request, p *project) error {
	done, err := s.begin(r.Context())
	if err != nil {
		return err
	}
	defer done()
	pcm, others, absent, err := s.call(r.Context(), p, r.FormValue("ticket"), r.FormValue("counter"))
	if err != nil {
		return err
	}
	w.Header().Set("X-Other-Voice", url.PathEscape(strings.Join(others, ", ")))
	w.Header().Set("X-Not-Spoken", url.PathEscape(strings.Join(absent, ", ")))
	writeWAV(w, pcm)
	return nil
}

// postRoom checks microphone and room (a moment of silence, then the reference
// sentence), and compares the voice with the first check.
func (s *Studio) postRoom(w http.ResponseWriter, r *http.Request, p *project) error {
	raw, done, err := s.upload(w, r, maxSentence)
	if err != nil {
		return err
	}
	defer done()
	room, d, err := p.checked(raw)
	if err != nil {
		return err
	}
	l := page.Language(r)
	return page.JSON(w, http.StatusOK, map[string]any{"room": viewRoom(room, l), "drift": d.words(l), "drifted": d.Heard(), "progress": p.progress()})
}

// postLong splits one recording of many sentences, beginning with the line
// ?from=, and keeps each as a take for its line.
func (s *Studio) postLong(w http.ResponseWriter, r *http.Request, p *project) error {
	first := 0
	if from := r.URL.Query().Get("from"); from != "" {
		if _, err := p.line(from); err != nil {
			return err
		}
		first = p.byID[from]
	}
	raw, done, err := s.upload(w, r, maxLong)
	if err != nil {
		return err
	}
	defer done()
	kept, left, err := p.addLong(raw, first)
	if err != nil {
		return err
	}
	return page.JSON(w, http.StatusCreated, map[string]any{"takes": kept, "left_out": left, "state": s.stateOf(p, page.Language(r))})
}

func (s *Studio) finish(w http.ResponseWriter, r *http.Request, p *project) error {
	done, err := s.begin(r.Context())
	if err != nil {
		return err
	}
	defer done()
	packed, err := s.pack(r.Context(), p)
	if err != nil {
		return err
	}
	s.log.Info("voice made", "voice", packed.ID, "clips", packed.Clips, "faults", len(packed.Faults))
	return page.JSON(w, http.StatusOK, viewPacked(packed, page.Language(r)))
}

// use puts the pack of a recording to use in the office.
func (s *Studio) use(w http.ResponseWriter, r *http.Request, p *project) error {
	p.mu.Lock()
	packed := p.state.Packed
	p.mu.Unlock()
	if packed == nil || s.Use == nil {
		return refuse(http.StatusConflict, "Chưa tạo giọng từ bản thu này. Bấm «Hoàn tất» trước.", "No voice has been made of this recording. Press \"Finish\" first.")
	}
	if err := s.Use(r.Context(), s.shelf.packDir(packed.ID)); err != nil {
		return err
	}
	l := page.Language(r)
	return page.JSON(w, http.StatusOK, map[string]string{"done": l.T("Giọng này đang được dùng để gọi số và trả lời điện thoại.", "This voice is now used for calls and on the telephone.")})
}
