package boards

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // Read when a picture comes in.
	_ "image/jpeg" // The same.
	_ "image/png"  // The same.
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	_ "golang.org/x/image/webp" // Read when a picture comes in.

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/queue"
)

// Bounds of the pictures and videos of an office.
const (
	maxPicture   = 20 << 20         // Bytes.
	maxVideo     = 500 << 20        // Bytes.
	maxMedia     = 200              // Files.
	maxAllMedia  = 4 << 30          // Bytes of all of them.
	maxSide      = 8192             // Pixels of a picture …
	maxPixels    = 40 << 20         // … and of both sides together.
	maxMediaName = 120              // Bytes.
	spareDisk    = 1 << 30          // Bytes that uploads leave free on the disk: without room, no number can be given.
	maxServed    = 512              // Downloads at one time: who reads slowly takes no connection from the queue …
	servedFor    = 30 * time.Minute // … and none for ever; a browser goes on where it was.
	sniffed      = 512              // Bytes by which a kind is told.
	mediaIndex   = "media.json"
	comingFile   = "coming-*"
)

// Why a picture or a video is refused.
var (
	ErrMediaKind = errors.New("tệp không phải ảnh JPEG, PNG, GIF, WebP hay video MP4, WebM: hãy đổi định dạng rồi gửi lại (not a JPEG, PNG, GIF or WebP picture nor an MP4 or WebM video: convert it and send it again)")
	ErrMediaSize = errors.New("tệp quá lớn: ảnh tới 20 MB và 8192 điểm mỗi cạnh, video tới 500 MB; hãy giảm kích thước rồi gửi lại (too large: pictures up to 20 MB and 8192 pixels a side, videos up to 500 MB; make it smaller and send it again)")
	ErrMediaFull = errors.New("đã đủ 200 tệp hoặc 4 GB: hãy xóa bớt rồi gửi lại (there are 200 files or 4 GB: delete some and send it again)")
	ErrMediaDisk = errors.New("đĩa của máy chủ gần đầy: hãy xóa bớt tệp cũ rồi gửi lại (the server's disk is nearly full: delete old files and send it again)")
)

// Medium is a picture or a video that boards can show.
type Medium struct {
	ID    string `json:"id"`   // Hash of the content.
	Name  string `json:"name"` // As it was called by who sent it; what a picture shows, for who does not see it.
	Kind  string `json:"kind"` // Media type, told from the content.
	Bytes int64  `json:"bytes"`
}

// Video reports whether it moves.
func (m Medium) Video() bool { return strings.HasPrefix(m.Kind, "video/") }

// Media keeps pictures and videos in a directory. What a file is called and what
// it says about itself decides nothing: the kind is told from its content, and
// it is served as that kind alone.
type Media struct {
	dir  string
	free func(dir string) (uint64, error) // Bytes left on the disk.
	out  chan struct{}                    // Holds one token for every download that runs.

	mu   sync.Mutex // Guards list and the index on the disk.
	list []Medium   // By name.
}

// OpenMedia opens a directory of pictures and videos; it must exist. Files that
// lost their content are forgotten. Where a power cut took the index, it is made
// anew, without the names: pictures are no reason for an office not to open.
func OpenMedia(dir string) (*Media, error) {
	m := &Media{dir: dir, free: freeOn, out: make(chan struct{}, maxServed)}
	halves, err := filepath.Glob(filepath.Join(dir, comingFile))
	for _, half := range halves { // Of an upload during which the program ended.
		err = errors.Join(err, os.Remove(half))
	}
	if err != nil {
		return nil, fmt.Errorf("pictures and videos of the boards: %w", err)
	}
	body, err := os.ReadFile(filepath.Join(dir, mediaIndex))
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil && json.Unmarshal(body, &m.list) != nil {
		m.list, err = found(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("pictures and videos of the boards: %w", err)
	}
	m.list = slices.DeleteFunc(m.list, func(x Medium) bool {
		info, err := os.Stat(filepath.Join(dir, x.ID))
		return !isHash(x.ID) || mediaEnding(x.Kind) == "" || err != nil || info.Size() != x.Bytes
	})
	return m, nil
}

// found lists what lies in a directory; the names are lost.
func found(dir string) (list []Medium, err error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil || !isHash(f.Name()) {
			continue
		}
		file, err := os.Open(filepath.Join(dir, f.Name()))
		if err != nil {
			continue
		}
		head, _ := io.ReadAll(io.LimitReader(file, sniffed)) // Half of it has no kind, and is left out.
		_ = file.Close()                                     // It was only read.
		list = append(list, Medium{ID: f.Name(), Name: f.Name()[:6], Kind: http.DetectContentType(head), Bytes: info.Size()})
	}
	return list, nil
}

// isHash keeps whatever is not a name of ours away from the disk.
func isHash(id string) bool {
	return len(id) == 2*hashBytes && strings.Trim(id, "0123456789abcdef") == ""
}

const hashBytes = 16 // Of the content's SHA-256, in a name.

// mediaEnding is the file ending of a kind that boards show; empty for others.
func mediaEnding(kind string) string {
	return map[string]string{
		"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "video/mp4": ".mp4", "video/webm": ".webm",
	}[kind]
}

// All lists them by name.
func (m *Media) All() []Medium {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.list)
}

// Find gives the one with an id.
func (m *Media) Find(id string) (Medium, bool) {
	all := m.All()
	i := slices.IndexFunc(all, func(x Medium) bool { return x.ID == id })
	if i < 0 {
		return Medium{}, false
	}
	return all[i], true
}

// freeOn is how many bytes may still be written beside dir.
func freeOn(dir string) (uint64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("free space of %s: %w", dir, err)
	}
	return disk.Bavail * uint64(disk.Bsize), nil
}

// room reports ErrMediaDisk where the largest file would fill the disk.
func (m *Media) room(most int64) error {
	free, err := m.free(m.dir)
	if err == nil && free < uint64(most)+spareDisk {
		err = ErrMediaDisk
	}
	return err
}

// Add takes a picture or a video in. The same content again is the same medium.
// ErrMediaKind, ErrMediaSize, ErrMediaFull or ErrMediaDisk if it is not wanted.
func (m *Media) Add(name string, content io.Reader) (Medium, error) {
	head := make([]byte, sniffed)
	n, err := io.ReadFull(content, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		if errors.Is(err, io.EOF) {
			err = ErrMediaKind
		}
		return Medium{}, err
	}
	x := Medium{Name: mediaName(name), Kind: http.DetectContentType(head[:n])}
	if mediaEnding(x.Kind) == "" {
		return Medium{}, ErrMediaKind
	}
	if err := m.room(x.most()); err != nil {
		return Medium{}, err
	}
	file, err := os.CreateTemp(m.dir, comingFile)
	if err != nil {
		return Medium{}, err
	}
	defer os.Remove(file.Name()) // Gone already when all went well.
	err = x.fill(file, io.MultiReader(bytes.NewReader(head[:n]), content))
	if err = errors.Join(err, file.Close()); err != nil {
		return Medium{}, err
	}
	return m.keep(x, file.Name())
}

// most is how many bytes a medium of this kind may have.
func (m Medium) most() int64 {
	if m.Video() {
		return maxVideo
	}
	return maxPicture
}

// fill writes the content down, measures it, and looks at it if it is a picture.
func (x *Medium) fill(file *os.File, content io.Reader) error {
	most := x.most()
	sum := sha256.New()
	var err error
	if x.Bytes, err = io.Copy(io.MultiWriter(file, sum), io.LimitReader(content, most+1)); err != nil {
		return fmt.Errorf("%d bytes of the file came: %w", x.Bytes, err)
	}
	if x.Bytes > most {
		return ErrMediaSize
	}
	x.ID = hex.EncodeToString(sum.Sum(nil)[:hashBytes])
	if x.Video() {
		return file.Sync()
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	size, kind, err := image.DecodeConfig(file)
	switch {
	case err != nil || "image/"+kind != x.Kind:
		return ErrMediaKind
	case size.Width > maxSide || size.Height > maxSide || size.Width*size.Height > maxPixels:
		return ErrMediaSize
	}
	return file.Sync()
}

// keep gives the file its name and writes it into the index.
func (m *Media) keep(x Medium, from string) (Medium, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	total := x.Bytes
	for _, old := range m.list {
		if old.ID == x.ID {
			return old, nil
		}
		total += old.Bytes
	}
	if len(m.list) >= maxMedia || total > maxAllMedia {
		return Medium{}, ErrMediaFull
	}
	to := filepath.Join(m.dir, x.ID)
	if err := os.Rename(from, to); err != nil {
		return Medium{}, err
	}
	list := append(slices.Clone(m.list), x)
	slices.SortFunc(list, func(a, b Medium) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	if err := m.write(list); err != nil {
		return Medium{}, errors.Join(err, os.Remove(to)) // What no index names is never deleted again.
	}
	return x, nil
}

// Remove forgets one; a playlist that names it leaves it out.
func (m *Media) Remove(id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.list, func(x Medium) bool { return x.ID == id })
	if i < 0 {
		return nil
	}
	if err := m.write(slices.Delete(slices.Clone(m.list), i, i+1)); err != nil {
		return err
	}
	return os.Remove(filepath.Join(m.dir, id))
}

// write replaces the index: whoever reads it has the old one or the new one. The
// caller holds m.mu.
func (m *Media) write(list []Medium) error {
	body, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	if err := audio.Save(filepath.Join(m.dir, mediaIndex), body); err != nil {
		return err
	}
	m.list = list
	return nil
}

// mediaName keeps the readable part of a file's name.
func mediaName(name string) string {
	name = filepath.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.TrimSuffix(name, filepath.Ext(name))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError {
			return -1
		}
		return r
	}, name)
	for len(name) > maxMediaName {
		_, last := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-last]
	}
	return cmp.Or(strings.Trim(name, ". "), "–")
}

// Item is one of a playlist, as the script of a board reads it.
type Item struct {
	Src   string `json:"src"`
	Alt   string `json:"alt"`
	Video bool   `json:"video"`
	MS    int    `json:"ms"` // How long; 0 = the whole video.
}

const pictureSeconds = 10 // Where the office has not said how long.

// MediaPath begins the addresses of pictures and videos.
const MediaPath = "/board/media/"

// Playlist gives what a board plays, without what is gone.
func (m *Media) Playlist(b queue.BoardSetup) []Item {
	list := []Item{}
	for _, each := range b.Playlist {
		x, ok := m.Find(each.File)
		if !ok {
			continue
		}
		seconds := each.Seconds
		if !x.Video() {
			seconds = cmp.Or(seconds, pictureSeconds)
		}
		list = append(list, Item{x.Path(), x.Name, x.Video(), seconds * 1000})
	}
	return list
}

// Path is the medium's address. It is never another content's.
func (m Medium) Path() string { return MediaPath + m.ID + mediaEnding(m.Kind) }

// Serve answers with one picture or video, as the kind that it was found to be;
// false if there is none of that name.
func (m *Media) Serve(rw http.ResponseWriter, r *http.Request, name string) bool {
	x, ok := m.Find(strings.TrimSuffix(name, filepath.Ext(name)))
	if !ok {
		return false
	}
	file, err := os.Open(filepath.Join(m.dir, x.ID))
	if err != nil {
		return false
	}
	defer file.Close()
	h := rw.Header()
	select {
	case m.out <- struct{}{}:
		defer func() { <-m.out }()
	default:
		h.Set("Retry-After", "5")
		http.Error(rw, "Máy chủ đang bận, thử lại sau ít giây. / The server is busy: try again in a few seconds.", http.StatusServiceUnavailable)
		return true
	}
	control := http.NewResponseController(rw)
	_ = control.SetWriteDeadline(time.Now().Add(servedFor))      // Not settable in tests.
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }() // The connection's next answer has its own time.
	h.Set("Content-Type", x.Kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox") // Opened by itself, it can do nothing.
	h.Set("Cache-Control", "public, max-age=31536000, immutable")   // Its name is its content.
	http.ServeContent(rw, r, "", time.Time{}, file)
	return true
}
