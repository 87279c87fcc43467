package estimate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// StateVersion is the version of the learned state that this program reads and
// writes. A state of another version, or of other features, is learned anew.
const StateVersion = 1

// State is what an office has learned, as it is kept between days.
type State struct {
	Version  int      `json:"version"`
	Office   string   `json:"office"`
	Features []string `json:"features"` // What the model's inputs are called, in its order.
	Through  string   `json:"through"`  // The last business day it was learned from.
	Marks    []Mark   `json:"marks"`    // The latest days, in order.
	Truth    []Day    `json:"truth"`    // How true the days' estimates were, in order.
	Memory   *Memory  `json:"memory"`
	Model    *Model   `json:"model"`
}

// Mark is where a business day begins in the log.
type Mark struct {
	Day string `json:"day"`
	Seq int64  `json:"seq"` // Of its day_opened.
}

// How much is kept.
const (
	learnDays = 60  // That a model is learned from.
	truthDays = 400 // Whose truth is kept.
)

func newState(office string) *State {
	names := featureNames()
	return &State{Version: StateVersion, Office: office, Features: names[:], Memory: NewMemory(nil), Model: &Model{}}
}

// ErrStateOld says that a stored state cannot be used; it is learned anew.
var ErrStateOld = errors.New("the learned state is of another version or office")

// decodeState reads a stored state and looks whether it can be used.
func decodeState(office string, raw []byte) (*State, error) {
	s := newState(office)
	names := s.Features
	s.Features = nil
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("learned state: %w", err)
	}
	switch {
	case s.Version != StateVersion || s.Office != office || !slices.Equal(s.Features, names):
		return nil, fmt.Errorf("%w: version %d of %q, wanted %d of %q", ErrStateOld, s.Version, s.Office, StateVersion, office)
	case s.Memory == nil || s.Model == nil:
		return nil, errors.New("learned state: memory or model is missing")
	}
	if s.Memory.Lines == nil {
		s.Memory.Lines = map[string]*Past{}
	}
	for id, p := range s.Memory.Lines {
		if p == nil {
			return nil, fmt.Errorf("learned state: line %.20q is empty", id)
		}
	}
	if err := s.Model.check(); err != nil {
		return nil, fmt.Errorf("learned state: %w", err)
	}
	return s, nil
}

// check makes sure that a model can be used without going astray in a tree.
func (m *Model) check() error {
	if n := len(m.Beta); n != 0 && n != inputs {
		return fmt.Errorf("the model has %d inputs, not %d", n, inputs)
	}
	if n := len(m.Tails); n != 0 && n != buckets {
		return fmt.Errorf("the model has %d buckets, not %d", n, buckets)
	}
	for _, t := range slices.Concat(m.Forest, m.Scale) {
		if len(t) == 0 {
			return errors.New("the model has an empty tree")
		}
		for i, n := range t {
			if n.No != 0 && (n.No <= i || n.No >= len(t) || i+1 >= len(t)) || n.Feature < 0 || n.Feature >= features {
				return fmt.Errorf("node %d of a tree leads nowhere", i)
			}
		}
	}
	return nil
}

// stateFile is where an office's learned state lies.
func stateFile(dir, office string) string { return filepath.Join(dir, "estimate-"+office+".json") }

// loadState reads an office's learned state; one that was never written is new.
func loadState(dir, office string) (*State, error) {
	raw, err := os.ReadFile(stateFile(dir, office))
	if errors.Is(err, fs.ErrNotExist) {
		return newState(office), nil
	}
	if err != nil {
		return nil, err
	}
	return decodeState(office, raw)
}

// save writes the state so that a crash leaves the old one or the new one.
func (s *State) save(dir string) (err error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("learned state: %w", err)
	}
	f, err := os.CreateTemp(dir, ".estimate-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), stateFile(dir, s.Office))
}

// mark notes that a day began.
func (s *State) mark(m Mark) {
	if n := len(s.Marks); n > 0 && s.Marks[n-1].Seq >= m.Seq {
		return
	}
	s.Marks = append(s.Marks, m)
	s.Marks = s.Marks[max(0, len(s.Marks)-learnDays-1):]
}
