package queue_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/xinmoi/xinmoi"

// pkg is one package of the module without its tests, whatever the build tags.
type pkg struct {
	dir     string // Within the module, "queue/web".
	name    string
	imports []string
	docs    []string // Texts of its package comments.
}

// packages reads the whole module.
func packages(t *testing.T) map[string]*pkg {
	t.Helper()
	found := map[string]*pkg{}
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if name != ".." && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		return addFile(found, file)
	})
	if err != nil {
		t.Fatal(err)
	}
	if found["queue"] == nil || found["queue/sqlite"] == nil {
		t.Fatal("the module was not found: this test sees nothing")
	}
	return found
}

func addFile(found map[string]*pkg, file string) error {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel("..", filepath.Dir(file))
	if err != nil {
		return err
	}
	dir := filepath.ToSlash(rel)
	p := found[dir]
	if p == nil {
		p = &pkg{dir: dir, name: f.Name.Name}
		found[dir] = p
	}
	p.imports = append(p.imports, importsOf(f)...)
	if text := f.Doc.Text(); text != "" {
		p.docs = append(p.docs, text)
	}
	return nil
}

func importsOf(f *ast.File) (paths []string) {
	for _, i := range f.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// within reports whether p is dir or below it.
func within(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

// part is the part of the system that a folder belongs to: a channel, the
// heart itself, or one of what is built around the heart.
func part(dir string) string {
	pieces := strings.Split(dir, "/")
	if pieces[0] != "queue" || len(pieces) == 1 {
		return pieces[0]
	}
	return path.Join(pieces[0], pieces[1])
}

// mayImport is the direction of imports within the module.
func mayImport(from, to string) bool {
	speaks := []string{"ivr", "kiosk", "bots", "queue/web"}
	switch a, b := part(from), part(to); {
	case a == "cmd" || a == b:
		return b != "cmd" || a == "cmd"
	case a == "queue": // The heart knows nobody.
		return false
	case to == "queue" || to == "queue/web/page" || to == "queue/beside" || to == "queue/bench/goal" || to == "queue/porttest" || to == "queue/serial" || to == "queue/pairing":
		return true
	case b == "queue/appointment" && a == "queue/sim": // Whose people book.
		return true
	case b == "announce", b == "queue/appointment":
		return slices.Contains(speaks, a)
	case b == "queue/notice":
		return slices.Contains(speaks, a) || a == "queue/appointment"
	case b == "queue/estimate": // Its people come when they are told to.
		return a == "queue/sim"
	case b == "queue/memory": // A simulated office keeps nothing.
		return a == "queue/sim" || a == "queue/whatif"
	default:
		return false
	}
}

func TestDirectionOfImports(t *testing.T) {
	for _, p := range packages(t) {
		for _, i := range p.imports {
			to, inside := strings.CutPrefix(i, module+"/")
			if inside && !mayImport(p.dir, to) {
				t.Errorf("%s imports %s", p.dir, to)
			}
		}
	}
}

func TestDirectionRules(t *testing.T) {
	for _, c := range []struct {
		from, to string
		may      bool
	}{
		{"cmd/xinmoi", "ivr/sip", true}, {"cmd/xinmoi", "queue/sqlite", true}, {"ivr", "cmd/xinmoi", false},
		{"queue", "queue/memory", false}, {"queue", "announce", false}, {"queue/memory", "queue", true}, {"queue/sqlite", "queue", true},
		{"queue/report", "queue", true}, {"queue/report", "queue/sqlite", false}, {"queue/api", "queue/report", false},
		{"queue/api", "queue", true}, {"queue/api", "queue/sqlite", false}, {"queue/sqlite", "queue/memory", false}, {"queue/api", "announce", false},
		{"ivr/sip", "ivr/media", true}, {"ivr", "announce/voice", true}, {"ivr", "kiosk", false}, {"ivr", "queue/api", false}, {"ivr", "queue/web", false},
		{"announce", "queue", true}, {"announce", "ivr", false}, {"announce/output/speaker", "announce/audio", true},
		{"kiosk", "queue/web/page", true}, {"announce", "queue/web/page", true}, {"kiosk", "queue/web", false}, {"bots", "announce", true},
		{"queue/web", "announce", true}, {"queue/web", "kiosk", false}, {"queue/web/page", "queue", true}, {"bots/telegram", "queue/sqlite", false},
		{"queue/sim", "queue", true}, {"queue/sim", "queue/sqlite", false}, {"queue", "queue/sim", false}, {"queue/api", "queue/sim", false},
		{"queue/whatif", "queue/memory", true}, {"queue/whatif", "queue/sqlite", false},
		{"bots", "queue/notice", true}, {"ivr/booking", "queue/appointment", true}, {"queue/appointment", "queue/notice", true}, {"queue/api", "queue/appointment", false}, {"queue/api", "queue/notice", false}, {"queue/notice", "announce", false},
		{"ivr/callout/book", "queue/beside", true}, {"bots/mailbox", "queue/beside", true}, {"queue", "queue/beside", false},
		{"kiosk/printer", "queue/serial", true}, {"queue/led", "queue/serial", true}, {"queue/serial", "queue/led", false},
		{"kiosk/agent", "queue/pairing", true}, {"queue/people", "queue/pairing", true}, {"queue/pairing", "queue/people", false},
	} {
		if got := mayImport(c.from, c.to); got != c.may {
			t.Errorf("%s → %s: %v, want %v", c.from, c.to, got, c.may)
		}
	}
}

// outside is a path of a package that is neither ours nor the standard library's.
func outside(i string) bool {
	first, _, _ := strings.Cut(i, "/")
	return strings.Contains(first, ".") && !within(i, module)
}

func TestHeartUsesTheStandardLibraryOnly(t *testing.T) {
	for _, i := range packages(t)["queue"].imports {
		if outside(i) || within(i, module) || i == "C" {
			t.Errorf("queue imports %s", i)
		}
	}
}

func TestLibrariesStayInTheirFolder(t *testing.T) {
	homes := map[string][]string{
		"github.com/ebitengine/oto":         {"announce/output/speaker"},
		"github.com/hajimehoshi/oto":        {},
		"github.com/jfreymuth/pulse":        {"announce/output/pulse"},
		"github.com/emiago/sipgo":           {"ivr/sip"},
		"github.com/go-telegram/bot":        {"bots/telegram"},
		"github.com/mattn/go-sqlite3":       {"queue/sqlite", "queue/beside"},
		"github.com/jackc/pgx":              {"queue/postgres"},
		"github.com/danielgtaylor/huma":     {"queue/api"},
		"github.com/pion/rtp":               {"announce/rtp", "ivr"},
		"github.com/prometheus":             {"cmd"},
		"github.com/xuri/excelize":          {"queue/report/xlsx"},
		"testing":                           {"queue/storetest", "queue/officetest", "queue/sim", "announce/output/outputtest", "ivr/peertest", "ivr/wiretest", "queue/porttest", "queue/web/page/pagetest", "bots/sms/smstest"},
		"pgregory.net/rapid":                {},
		"github.com/anishathalye/porcupine": {},
	}
	for _, p := range packages(t) {
		for _, i := range p.imports {
			for library, allowed := range homes {
				if within(i, library) && !slices.ContainsFunc(allowed, func(home string) bool { return within(p.dir, home) }) {
					t.Errorf("%s imports %s, which belongs into %v", p.dir, i, allowed)
				}
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.docs) != 1 {
			t.Errorf("%s has %d package comments, want one", p.dir, len(p.docs))
			continue
		}
		want := "Package " + p.name + " "
		if p.name == "main" {
			want = "Command " + path.Base(p.dir) + " "
		}
		if !strings.HasPrefix(strings.ReplaceAll(p.docs[0], "\n", " "), want) {
			t.Errorf("%s: its comment begins %.40q, want %q", p.dir, p.docs[0], want)
		}
	}
}

func TestTopLevelIsFixed(t *testing.T) {
	for _, p := range packages(t) {
		top, _, _ := strings.Cut(p.dir, "/")
		if !slices.Contains([]string{"cmd", "queue", "ivr", "announce", "bots", "kiosk"}, top) {
			t.Errorf("%s is outside the folders of the product", p.dir)
		}
	}
}
