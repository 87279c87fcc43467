//go:build nospeaker

package speaker

import (
	"context"

	"github.com/xinmoi/xinmoi/announce/output"
)

// Card stands for the sound card that this build cannot use.
type Card struct{}

// Open fails with ErrNotBuilt.
func Open(context.Context) (*Card, error) { return nil, ErrNotBuilt }

// Name implements output.Output.
func (c *Card) Name() string { return Name }

// Err gives ErrNotBuilt.
func (c *Card) Err() error { return ErrNotBuilt }

// Play fails with ErrNotBuilt.
func (c *Card) Play(context.Context, output.Clip) error { return ErrNotBuilt }

func (c *Card) play(context.Context, []byte) (bool, error) { return false, ErrNotBuilt }

// built tells that this build has no speaker.
const built = false
