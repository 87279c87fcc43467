package studio

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/xinmoi/xinmoi/announce"
)

// The bounds of what is kept.
const (
	maxProjects  = 20
	maxTakes     = 3 // Of one clip.
	maxName      = 80
	maxState     = 16 << 20
	stateFormat  = 1
	stateName    = "project.json"
	takesDir     = "takes"
	folderSuffix = ".studio"
	// newSitting is the pause after which the microphone may stand elsewhere.
	newSitting = 30 * time.Minute
)

// Consent is the speaker's permission, without which nothing is recorded.
type Consent struct {
	By string    `json:"by"` // Who gave it: the speaker's name.
	At time.Time `json:"at"`
	To string    `json:"to"` // The words agreed to.
}

// Take is one recording of a line. Times count from the beginning of the file.
type Take struct {
	ID       int       `json:"id"`
	At       time.Time `json:"at"`
	Sitting  int       `json:"sitting"`
	Length   int64     `json:"length_ms"`
	From     int64     `json:"from_ms"` // What is kept …
	To       int64     `json:"to_ms"`   // … of it.
	ByHand   bool      `json:"by_hand,omitempty"`
	Alone    bool      `json:"alone,omitempty"` // The file holds the clip and nothing else.
	Rate     int       `json:"rate"`            // Of what came in, hertz.
	LUFS     float64   `json:"lufs"`            // K-weighted level of what is kept.
	Measures Measures  `json:"measures"`
	Findings []Finding `json:"findings"`
}

func (t Take) cut() Cut {
	return Cut{time.Duration(t.From) * time.Millisecond, time.Duration(t.To) * time.Millisecond, t.ByHand || !slices.ContainsFunc(t.Findings, func(f Finding) bool { return f.Code == Unsure })}
}

// clipState is what is recorded of one line.
type clipState struct {
	Takes    []Take `json:"takes"`
	Accepted int    `json:"accepted,omitempty"` // Id of a take; 0 = none yet.
	Last     int    `json:"last"`               // Highest id given.
}

func (c *clipState) take(id int) *Take {
	for i := range c.Takes {
		if c.Takes[i].ID == id {
			return &c.Takes[i]
		}
	}
	return nil
}

// state is the file of a project.
type state struct {
	Format     int                   `json:"format"`
	ID         string                `json:"id"`
	Region     announce.Region       `json:"region"`
	Speaker    string                `json:"speaker"`
	Licence    string                `json:"licence"`
	Consent    Consent               `json:"consent"`
	Created    time.Time             `json:"created"`
	Code       string                `json:"code"` // Typed on the telephone.
	Sitting    int                   `json:"sitting"`
	LastTake   time.Time             `json:"last_take"`
	Room       *Room                 `json:"room,omitempty"`
	References []Reference           `json:"references,omitempty"`
	Clips      map[string]*clipState `json:"clips"`
	Packed     *Packed               `json:"packed,omitempty"`
}

// project is one recording project. Its methods may be called from any
// goroutine.
type project struct {
	dir   string
	lines []Line
	byID  map[string]int
	now   func() time.Time

	mu    sync.Mutex
	state state
}

// Brief is what the form for a new project asks.
type Brief struct {
	Region  announce.Region
	Speaker string
	Licence string
	Consent bool
}

// Licences that are offered: how others may use the voice.
func Licences() []string {
	return []string{"internal use only", "CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0"}
}

// consentWords is what the speaker agrees to.
const consentWords = "Tôi đồng ý cho cơ quan ghi âm giọng đọc của tôi và dùng để phát thanh gọi số, trả lời điện thoại theo giấy phép đã chọn; tôi có thể yêu cầu xóa bất cứ lúc nào."

// consentWordsEN says the same for readers of English.
const consentWordsEN = "I agree that the office records my voice and uses it for calls and on the telephone under the chosen licence; I may ask for its removal at any time."

// check refuses a brief that is not complete.
func (b *Brief) check() error {
	b.Speaker = norm.NFC.String(strings.Join(strings.Fields(b.Speaker), " "))
	r, err := announce.ParseRegion(string(b.Region))
	switch {
	case err != nil:
		return refuse(http.StatusBadRequest, "Chọn giọng miền Bắc, Trung hoặc Nam.", "Choose a northern, central or southern voice.")
	case b.Speaker == "" || utf8.RuneCountInString(b.Speaker) > maxName:
		return refuse(http.StatusBadRequest, "Ghi họ tên người đọc, nhiều nhất %d chữ.", "Give the speaker's name, at most %d letters.", maxName)
	case !slices.Contains(Licences(), b.Licence):
		return refuse(http.StatusBadRequest, "Chọn một giấy phép trong danh sách.", "Choose a licence from the list.")
	case !b.Consent:
		return refuse(http.StatusBadRequest, "Chưa có sự đồng ý của người đọc. Đánh dấu vào ô đồng ý rồi bấm lại.", "The speaker's consent is missing. Tick the box and try again.")
	}
	b.Region = r
	return nil
}

// slug makes an id of a name: "Nguyễn Thị Đào" is "nguyen-thi-dao".
func slug(name string) string {
	var b strings.Builder
	for _, c := range norm.NFD.String(strings.ToLower(name)) {
		switch {
		case c == 'đ':
			b.WriteByte('d')
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteRune(c)
		case (c == ' ' || c == '-') && b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	out := strings.Trim(b.String(), "-")
	return strings.Trim(out[:min(len(out), 30)], "-")
}

var projectID = regexp.MustCompile(`^vi-(north|central|south)(-[a-z0-9]+)+$`)

// validID keeps addresses from leaving the folder.
func validID(id string) bool { return len(id) <= 60 && projectID.MatchString(id) }

// shelf is all projects of an office.
type shelf struct {
	dir   string // Where the packs are.
	extra []string
	now   func() time.Time

	mu      sync.Mutex
	open    map[string]*project
	scripts map[announce.Region][]Line // Made once; shared, not to be changed.
}

// create makes a project.
func (s *shelf) create(b Brief) (*project, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ids, err := s.ids()
	if err != nil {
		return nil, err
	}
	if len(ids) >= maxProjects {
		return nil, refuse(http.StatusConflict, "Đã có %d bản thu. Xóa một bản không dùng nữa trước khi tạo thêm.", "There are %d recordings already. Remove one before making another.", len(ids))
	}
	id := "vi-" + string(b.Region) + "-" + cmp.Or(slug(b.Speaker), "giong")
	for n, base := 2, id; s.taken(id); n++ {
		id = fmt.Sprintf("%s-%d", base, n)
	}
	code, err := newCode()
	if err != nil {
		return nil, err
	}
	now := s.now().UTC().Truncate(time.Second)
	p := s.project(id, b.Region)
	p.state = state{
		Format: stateFormat, ID: id, Region: b.Region, Speaker: b.Speaker, Licence: b.Licence, Code: code, Created: now,
		Consent: Consent{By: b.Speaker, At: now, To: consentWords}, Clips: map[string]*clipState{},
	}
	if err := os.MkdirAll(filepath.Join(p.dir, takesDir), 0o700); err != nil {
		return nil, fmt.Errorf("new recording: %w", err)
	}
	if err := p.save(); err != nil {
		return nil, err
	}
	s.open[id] = p
	return p, syncDir(s.dir)
}

// taken reports whether a project or a pack has the name already.
func (s *shelf) taken(id string) bool {
	for _, name := range []string{id, id + folderSuffix} {
		if _, err := os.Stat(filepath.Join(s.dir, name)); err == nil {
			return true
		}
	}
	return false
}

// newCode is six digits for the telephone; the first is none of 0 so that it
// reads well.
func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(900000))
	if err != nil {
		return "", err
	}
	return fmt.Sprint(100000 + n.Int64()), nil
}

// project makes a project without a state; the caller holds the lock.
func (s *shelf) project(id string, r announce.Region) *project {
	if s.scripts[r] == nil {
		s.scripts[r] = Script(r, s.extra)
	}
	p := &project{dir: filepath.Join(s.dir, id+folderSuffix), lines: s.scripts[r], byID: map[string]int{}, now: s.now}
	for i, l := range p.lines {
		p.byID[l.ID] = i
	}
	return p
}

// ids lists the projects on the disk.
func (s *shelf) ids() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list recordings: %w", err)
	}
	var out []string
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), folderSuffix); ok && e.IsDir() && validID(id) {
			out = append(out, id)
		}
	}
	return out, nil
}

// list opens all projects, the latest first; one that cannot be read is left
// out and named in the error.
func (s *shelf) list() ([]*project, error) {
	ids, err := s.ids()
	errs := []error{err}
	var out []*project
	for _, id := range ids {
		p, err := s.get(id)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *project) int { return b.state.Created.Compare(a.state.Created) })
	return out, errors.Join(errs...)
}

// get opens a project; everybody gets the same one.
func (s *shelf) get(id string) (*project, error) {
	unknown := refuse(http.StatusNotFound, "Không có bản thu này. Xin chọn lại trong danh sách.", "There is no such recording. Please choose from the list.")
	if !validID(id) {
		return nil, unknown
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.open[id]; ok {
		return p, nil
	}
	st, err := readState(filepath.Join(s.dir, id+folderSuffix, stateName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, unknown
	}
	if err != nil {
		return nil, fmt.Errorf("open recording %s: %w", id, err)
	}
	p := s.project(id, st.Region)
	p.state = st
	p.state.ID = id
	p.tidy()
	s.open[id] = p
	return p, nil
}

// remove deletes a project and everything recorded in it. A pack that was made
// of it stays.
func (s *shelf) remove(id string) error {
	p, err := s.get(id)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(s.open, id)
	p.state.Clips = nil
	gone := filepath.Join(s.dir, "."+id+"-removed")
	if err := os.Rename(p.dir, gone); err != nil {
		return fmt.Errorf("remove recording: %w", err)
	}
	return errors.Join(os.RemoveAll(gone), syncDir(s.dir))
}

func readState(path string) (state, error) {
	var st state
	info, err := os.Stat(path)
	if err != nil {
		return st, err
	}
	if info.Size() > maxState {
		return st, fmt.Errorf("%s has %d bytes, at most %d", path, info.Size(), maxState)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return st, err
	}
	return parseState(b)
}

// parseState reads a project's file and refuses what no studio has written.
func parseState(b []byte) (state, error) {
	var st state
	if err := json.Unmarshal(b, &st); err != nil {
		return state{}, fmt.Errorf("read recording: %w", err)
	}
	if st.Format != stateFormat {
		return state{}, fmt.Errorf("read recording: format %d, want %d", st.Format, stateFormat)
	}
	if _, err := announce.ParseRegion(string(st.Region)); err != nil {
		return state{}, fmt.Errorf("read recording: %w", err)
	}
	clips := map[string]*clipState{}
	for id, c := range st.Clips {
		if c != nil && clipID.MatchString(id) {
			clips[id] = c
		}
	}
	st.Clips = clips
	return st, nil
}

// clipID is what a clip may be called: part of a file name.
var clipID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,80}$`)

// save writes the state; the caller holds the lock, or the project is new.
func (p *project) save() error {
	b, err := json.MarshalIndent(p.state, "", " ")
	if err != nil {
		return fmt.Errorf("save recording: %w", err)
	}
	if err := saveFile(filepath.Join(p.dir, stateName), b); err != nil {
		return fmt.Errorf("save recording: %w", err)
	}
	return nil
}

// change does something to the state and saves it; when that fails, the state
// is as before.
func (p *project) change(do func(*state) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state.Clips == nil {
		return refuse(http.StatusGone, "Bản thu này đã bị xóa.", "This recording was removed.")
	}
	before, err := json.Marshal(p.state)
	if err != nil {
		return err
	}
	if err = do(&p.state); err == nil {
		err = p.save()
	}
	if err != nil {
		old, parseErr := parseState(before)
		if parseErr == nil { // What never changes is read without the lock.
			st := &p.state
			st.Sitting, st.LastTake, st.Room, st.References, st.Clips, st.Packed = old.Sitting, old.LastTake, old.Room, old.References, old.Clips, old.Packed
		}
		return errors.Join(err, parseErr)
	}
	return nil
}

// tidy removes files that a crash left behind: written, but never answered for.
func (p *project) tidy() {
	known := map[string]bool{}
	for id, c := range p.state.Clips {
		for _, t := range c.Takes {
			known[takeName(id, t.ID)] = true
		}
	}
	entries, err := os.ReadDir(filepath.Join(p.dir, takesDir))
	if err != nil {
		return
	}
	for _, e := range entries {
		if !known[e.Name()] {
			_ = os.Remove(filepath.Join(p.dir, takesDir, e.Name()))
		}
	}
}

func takeName(clip string, take int) string { return fmt.Sprintf("%s.%d.wav", clip, take) }

func (p *project) takePath(clip string, take int) string {
	return filepath.Join(p.dir, takesDir, takeName(clip, take))
}

// line finds a line of the script.
func (p *project) line(clip string) (Line, error) {
	i, ok := p.byID[clip]
	if !ok || !clipID.MatchString(clip) {
		return Line{}, noSuchClip(clip)
	}
	return p.lines[i], nil
}
