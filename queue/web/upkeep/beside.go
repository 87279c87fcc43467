package upkeep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/xinmoi/xinmoi/queue/web/officefile"
)

// Part is something that an office decides beside its setup, in the hands of
// another part of the program. None of it may be a secret.
type Part struct {
	Name   string                                       // In the file, and where changes are shown: "chat".
	Export func(ctx context.Context) (any, error)       // What is decided now, for encoding/json.
	Check  func(text json.RawMessage) error             // Refuses what cannot be put in force.
	Import func(context.Context, json.RawMessage) error // Puts it in force, for good.
}

// parts gives what is decided now beside the setup.
func (d *Desk) parts(ctx context.Context) (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	for _, p := range d.Beside {
		v, err := p.Export(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		if all[p.Name], err = json.Marshal(v); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return all, nil
}

// part finds the one of a name; ok is false where this machine has none.
func (d *Desk) part(name string) (p Part, ok bool) {
	i := slices.IndexFunc(d.Beside, func(p Part) bool { return p.Name == name })
	if i < 0 {
		return p, false
	}
	return d.Beside[i], true
}

// checkParts refuses a file whose parts could not be put in force.
func (d *Desk) checkParts(f *officefile.File) error {
	for name, text := range f.Beside {
		p, ok := d.part(name)
		if !ok {
			continue
		}
		if err := p.Check(text); err != nil {
			return fmt.Errorf("phần %s trong tệp không dùng được (its part %[1]s cannot be used): %w", name, err)
		}
	}
	return nil
}

// compareParts tells what a file would change beside the setup, and which of its
// parts are left out here because nothing here is decided by them.
func (d *Desk) compareParts(ctx context.Context, f *officefile.File) (changes []officefile.Change, left []string, err error) {
	now, err := d.parts(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(f.Beside)) {
		if _, ok := d.part(name); !ok {
			left = append(left, name)
			continue
		}
		more, err := officefile.DiffJSON(name, now[name], f.Beside[name])
		if err != nil {
			return nil, nil, err
		}
		changes = append(changes, more...)
	}
	return changes, left, nil
}

// importParts puts a file's parts in force; the setup is already.
func (d *Desk) importParts(ctx context.Context, f *officefile.File) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(f.Beside)) {
		if p, ok := d.part(name); ok {
			if err := p.Import(ctx, f.Beside[name]); err != nil {
				errs = append(errs, fmt.Errorf("đã nhập cài đặt, nhưng phần %s chưa ghi được: bấm nhập lần nữa (imported but for the part %[1]s: press import again): %w", name, err))
			}
		}
	}
	return errors.Join(errs...)
}
