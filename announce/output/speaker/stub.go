//go:build nospeaker

package speaker

import (
	"context"

	"github.com/xinmoi/xinmoi/announce/output"
)

// Speaker stands for the sound card that this build cannot use.
type Speaker struct{}

// Open fails with ErrNotBuilt.
func Open(context.Context) (*Speaker, error) { return nil, ErrNotBuilt }

// Name implements output.Output.
func (s *Speaker) Name() string { return Name }

// Play fails with ErrNotBuilt.
func (s *Speaker) Play(context.Context, output.Clip) error { return ErrNotBuilt }
