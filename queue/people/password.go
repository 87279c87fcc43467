package people

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
)

// Cost is what one guess costs: argon2id (RFC 9106).
type Cost struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

// DefaultCost is OWASP's lower recommendation (Password Storage Cheat Sheet):
// 19 MiB, two passes; tens of milliseconds on an office's mini-PC.
func DefaultCost() Cost { return Cost{MemoryKiB: 19 << 10, Passes: 2, Lanes: 1} }

// Bounds of what hashing may take, whoever asks for it.
const (
	hashAtOnce = 2                // Hashes made at a time …
	hashQueue  = 32               // … and requests that wait for their turn, at most …
	hashWait   = 10 * time.Second // … for so long.
	saltBytes  = 16
	keyBytes   = 32
)

// ErrBusy says that too many sign in at once: the same may be tried again soon.
var ErrBusy = errors.New("máy chủ đang bận kiểm tra mật khẩu: thử lại sau vài giây (the server is busy checking passwords: try again in a few seconds)")

// hasher makes and checks password hashes, few at a time: a flood of sign-ins
// waits or is turned away, and takes no more memory than hashAtOnce of them.
type hasher struct {
	cost   Cost
	waits  chan struct{}
	places chan struct{}
	derive func(password, salt []byte, c Cost) []byte // argon2id; replaced in tests that count.
	dummy  string                                     // Compared with where there is no account.
}

func newHasher(cost Cost) *hasher {
	h := &hasher{cost: cost, waits: make(chan struct{}, hashQueue), places: make(chan struct{}, hashAtOnce), derive: argon}
	// Of no password: what is compared with it has one, and it is never right.
	h.dummy = encodeHash(cost, make([]byte, saltBytes), make([]byte, keyBytes))
	return h
}

func argon(password, salt []byte, c Cost) []byte {
	return argon2.IDKey(password, salt, c.Passes, c.MemoryKiB, c.Lanes, keyBytes)
}

// enter waits for a place.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.waits <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	defer func() { <-h.waits }()
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	select {
	case h.places <- struct{}{}:
		return func() { <-h.places }, nil
	case <-ctx.Done():
		return nil, ErrBusy
	}
}

// hash makes what is kept of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	return encodeHash(h.cost, salt, h.derive([]byte(password), salt, h.cost)), nil
}

// check compares a password with what was kept. It costs the same whatever the
// answer, and where nothing was kept (kept is empty), too; the answer is then
// no.
func (h *hasher) check(ctx context.Context, kept, password string) (ok bool, err error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	real := kept != ""
	if !real {
		kept = h.dummy
	}
	cost, salt, key, err := decodeHash(kept)
	if err != nil {
		return false, err
	}
	same := subtle.ConstantTimeCompare(h.derive([]byte(password), salt, cost), key) == 1
	return same && real, nil
}

// old reports whether a hash was made at another cost than today's.
func (h *hasher) old(kept string) bool {
	cost, _, _, err := decodeHash(kept)
	return err == nil && cost != h.cost
}

// encodeHash writes a hash in the usual form (PHC string format).
func encodeHash(c Cost, salt, key []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.MemoryKiB, c.Passes, c.Lanes, b64(salt), b64(key))
}

// Bounds of a hash that is read, which may come from another machine's file.
const (
	memoryMost = 256 << 10 // KiB.
	passesMost = 16
	lanesMost  = 8
)

// decodeHash reads what encodeHash wrote.
func decodeHash(kept string) (c Cost, salt, key []byte, err error) {
	parts := strings.Split(kept, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errors.New("people: the kept password has another form than argon2id")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.MemoryKiB, &c.Passes, &c.Lanes); err != nil {
		return c, nil, nil, fmt.Errorf("people: the kept password's cost %.40q: %w", parts[3], err)
	}
	if c.MemoryKiB < 8 || c.MemoryKiB > memoryMost || c.Passes < 1 || c.Passes > passesMost || c.Lanes < 1 || c.Lanes > lanesMost {
		return c, nil, nil, fmt.Errorf("people: the kept password's cost %.40q is out of bounds", parts[3])
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(salt) < 8 || len(salt) > 64 {
		return c, nil, nil, errors.New("people: the kept password's salt is damaged")
	}
	if key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(key) != keyBytes {
		return c, nil, nil, errors.New("people: the kept password's key is damaged")
	}
	return c, salt, key, nil
}

// firstPassword makes a password that is told to somebody and used once: twelve
// characters that cannot be mistaken for each other, 58 bits.
func firstPassword() string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	var b strings.Builder
	for b.Len() < 14 {
		if b.Len() == 4 || b.Len() == 9 {
			b.WriteByte('-')
			continue
		}
		b.WriteByte(letters[below(len(letters))])
	}
	return b.String()
}

// below draws a number from 0 to n-1, n at most 256.
func below(n int) int {
	var one [1]byte
	for {
		_, _ = rand.Read(one[:]) // It never fails (crypto/rand).
		if v := int(one[0]); v < 256/n*n {
			return v % n
		}
	}
}
