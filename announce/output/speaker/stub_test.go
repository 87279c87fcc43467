//go:build nospeaker

package speaker

import (
	"errors"
	"testing"

	"github.com/xinmoi/xinmoi/announce/output"
)

func TestStubExplains(t *testing.T) {
	if _, err := Open(t.Context()); !errors.Is(err, ErrNotBuilt) {
		t.Errorf("got %v", err)
	}
	if err := new(Card).Play(t.Context(), output.Clip{}); !errors.Is(err, ErrNotBuilt) {
		t.Errorf("got %v", err)
	}
}
