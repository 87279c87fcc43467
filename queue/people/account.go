package people

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/xinmoi/xinmoi/queue"
)

// Account is somebody who may sign in.
type Account struct {
	ID         int64
	Name       string // What is typed to sign in, and stands in the log: "lan".
	Display    string // What the person is called: "Nguyễn Thị Lan".
	Posts      []Post
	Disabled   bool
	MustChange bool   // The password is another's: it is good for one thing, to choose an own one.
	Codes      bool   // Signing in needs a one-use code besides.
	Identity   string // What the office's identity provider calls the person; empty = not by that way.
	Subject    string // The provider's own name for the person, once it was seen; never another one after.
	CreatedAt  time.Time
	SeenAt     time.Time // Signed in last; zero = never.
}

// Post is a role in an office.
type Post struct {
	Office   string // Its id.
	Role     queue.Role
	Counters []string // The only counters to work at; empty = all. For agents.
}

// ActorID is the name under which what a person does stands in the log. It
// begins like a staff device's, so that reports know staff by it.
func ActorID(name string) string { return string(queue.RoleStaff) + ":" + name }

// Grants gives what an account may do, an entry for each office.
func (a Account) Grants() []queue.Grant {
	var out []queue.Grant
	for _, p := range a.Posts {
		out = append(out, queue.Grant{
			ID: ActorID(a.Name), Role: p.Role, CreatedAt: a.CreatedAt, Person: a.Called(), Office: p.Office, Counters: slices.Clone(p.Counters),
		})
	}
	return out
}

// Called is what a person is called on pages.
func (a Account) Called() string {
	if a.Display != "" {
		return a.Display
	}
	return a.Name
}

// post is an account's role in an office.
func (a Account) post(office string) (Post, bool) {
	i := slices.IndexFunc(a.Posts, func(p Post) bool { return p.Office == office })
	if i < 0 {
		return Post{}, false
	}
	return a.Posts[i], true
}

// FieldError is a mistake in one field of a form, in people's words.
type FieldError struct {
	Field  string // Name of the form's field.
	VI, EN string
}

// Error implements error.
func (e *FieldError) Error() string { return e.VI + " (" + e.EN + ")" }

// Bounds of what is typed.
const (
	nameLeast, nameMost         = 2, 32
	passwordLeast, passwordMost = 10, 256 // Characters at least, bytes at most.
	displayMost                 = 80      // Characters.
	countersMost                = 50
)

var goodName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

// FoldName gives a login name as it is kept: people type it as they like.
func FoldName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

func checkName(name string) error {
	if len(name) < nameLeast || len(name) > nameMost || !goodName.MatchString(name) {
		return &FieldError{
			"name",
			fmt.Sprintf("Tên đăng nhập gồm %d đến %d chữ thường không dấu, chữ số, dấu chấm hoặc gạch, ví dụ: lan.nt", nameLeast, nameMost),
			fmt.Sprintf("The sign-in name has %d to %d lower case letters a-z, digits, dots and dashes, like lan.nt", nameLeast, nameMost),
		}
	}
	return nil
}

func checkDisplay(display string) error {
	if utf8.RuneCountInString(display) > displayMost || strings.ContainsFunc(display, unicode.IsControl) || !utf8.ValidString(display) {
		return &FieldError{"display", fmt.Sprintf("Họ tên dài tối đa %d ký tự", displayMost), fmt.Sprintf("The name has at most %d characters", displayMost)}
	}
	return nil
}

// foldPassword makes the same password of what different keyboards send
// (RFC 8265 section 4.2: NFC).
func foldPassword(password string) string { return norm.NFC.String(password) }

// checkPassword refuses what is guessed first. Length is what counts (NIST SP
// 800-63B section 5.1.1): no rules of digits and signs.
func checkPassword(name, password string) error {
	const field = "password"
	low := strings.ToLower(password)
	switch {
	case utf8.RuneCountInString(password) < passwordLeast:
		return &FieldError{field, fmt.Sprintf("Mật khẩu cần ít nhất %d ký tự; vài từ ghép lại là tốt", passwordLeast), fmt.Sprintf("The password needs at least %d characters; a few words make a good one", passwordLeast)}
	case len(password) > passwordMost || !utf8.ValidString(password):
		return &FieldError{field, "Mật khẩu quá dài", "The password is too long"}
	case name != "" && strings.Contains(low, name) && len(name) >= 4, common(low):
		return &FieldError{field, "Mật khẩu này dễ đoán: đừng dùng tên đăng nhập, dãy số hoặc từ hay gặp", "This password is easy to guess: not the sign-in name, a row of digits or a common word"}
	}
	return nil
}

// common reports whether a password is among those that are tried first: few
// different characters, a row, or a well-known word with something behind it.
func common(low string) bool {
	seen := map[rune]bool{}
	rows := 0
	var last rune
	for _, r := range low {
		seen[r] = true
		if r == last+1 || r == last-1 || r == last {
			rows++
		}
		last = r
	}
	if len(seen) < 5 || rows*4 > 3*utf8.RuneCountInString(low) {
		return true
	}
	for _, word := range []string{"password", "matkhau", "mật khẩu", "qwertyuiop", "xinmoi", "admin", "vietnam"} {
		if rest, ok := strings.CutPrefix(low, word); ok && utf8.RuneCountInString(rest) <= 4 {
			return true
		}
	}
	return false
}

func checkPosts(posts []Post) error {
	if len(posts) == 0 {
		return &FieldError{"role", "Chọn một vai trò", "Choose a role"}
	}
	for _, p := range posts {
		if !slices.Contains(queue.StaffRoles(), p.Role) {
			return &FieldError{"role", "Chọn một vai trò trong danh sách", "Choose a role of the list"}
		}
		if p.Office == "" {
			return &FieldError{"role", "Thiếu cơ quan", "The office is missing"}
		}
		if len(p.Counters) > countersMost || slices.ContainsFunc(p.Counters, func(c string) bool { return c == "" || len(c) > 64 || strings.ContainsAny(c, ",\x00") }) {
			return &FieldError{"counters", "Ghi số các quầy, cách nhau bằng dấu phẩy", "Name the counters, with commas between"}
		}
	}
	return nil
}
