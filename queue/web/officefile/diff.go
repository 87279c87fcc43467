package officefile

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// Change is one thing that differs between two setups.
type Change struct {
	Path     string // "services › A › name"
	Old, New string // As JSON has them, shortened; empty = not there.
}

// maxShown bounds how much of a value is shown, in characters.
const maxShown = 120

// Diff tells what would be different under another setup, in the order of the
// setup's members.
func Diff(old, next queue.Setup) ([]Change, error) {
	a, err := tree(old)
	if err != nil {
		return nil, err
	}
	b, err := tree(next)
	if err != nil {
		return nil, err
	}
	var out []Change
	compare("", a, b, &out)
	return out, nil
}

// DiffJSON tells what differs between two texts of JSON, below a name.
func DiffJSON(name string, old, next json.RawMessage) (out []Change, err error) {
	var a, b any
	if len(old) > 0 {
		err = json.Unmarshal(old, &a)
	}
	if len(next) > 0 && err == nil {
		err = json.Unmarshal(next, &b)
	}
	if err != nil {
		return nil, err
	}
	compare(name, a, b, &out)
	return out, nil
}

func tree(s queue.Setup) (any, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var v any
	return v, json.Unmarshal(text, &v)
}

func compare(path string, a, b any, out *[]Change) {
	if o, n := order(a), order(b); o != n && sameSet(o, n) {
		*out = append(*out, Change{path + " ↕", o, n})
	}
	a, b = byID(a), byID(b)
	am, aok := a.(map[string]any)
	bm, bok := b.(map[string]any)
	top := !strings.Contains(path, " › ") // There, what is absent is a default.
	if aok && bok || top && (aok && b == nil || bok && a == nil) {
		var keys []string
		for k := range am {
			keys = append(keys, k)
		}
		for k := range bm {
			if _, both := am[k]; !both {
				keys = append(keys, k)
			}
		}
		slices.Sort(keys)
		for _, k := range keys {
			below := k
			if path != "" {
				below = path + " › " + k
			}
			compare(below, am[k], bm[k], out)
		}
		return
	}
	if o, n := show(a), show(b); full(a) != full(b) {
		*out = append(*out, Change{path, o, n})
	}
}

// order lists the ids of things.
func order(v any) string {
	list, _ := v.([]any)
	var ids []string
	for _, each := range list {
		if thing, ok := each.(map[string]any); ok {
			if id, ok := thing["id"].(string); ok {
				ids = append(ids, id)
			}
		}
	}
	return strings.Join(ids, ", ")
}

func sameSet(a, b string) bool {
	x, y := strings.Split(a, ", "), strings.Split(b, ", ")
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// byID turns a list of things that have an id, or a date, into a map, so that a
// thing is compared with itself wherever it stands.
func byID(v any) any {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return v
	}
	m := map[string]any{}
	for _, each := range list {
		thing, ok := each.(map[string]any)
		if !ok {
			return v
		}
		id, ok := thing["id"].(string)
		if !ok {
			id, ok = thing["date"].(string)
		}
		if _, twice := m[id]; !ok || twice {
			return v
		}
		m[id] = thing
	}
	return m
}

func full(v any) string {
	if v == nil {
		return ""
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

func show(v any) string {
	text := full(v)
	if s, ok := v.(string); ok {
		text = s
	}
	text = strings.ToValidUTF8(text, "�")
	if runes := []rune(text); len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return text
}
