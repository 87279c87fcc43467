package ivr

import (
	"context"
	"fmt"

	"github.com/xinmoi/xinmoi/announce"
)

// RenderWith speaks through an announce.Renderer. Sentences with words missing
// come with an error that wraps ErrPartial; a sentence without any is an error.
func RenderWith(r *announce.Renderer) Render {
	return func(ctx context.Context, s announce.Sentence) ([]int16, error) {
		samples, report, err := r.RenderPhone(ctx, s)
		switch {
		case err != nil:
			return nil, err
		case report.ChimeOnly:
			return nil, fmt.Errorf("no voice can speak %q", s.Text())
		case len(report.Missing) > 0:
			return samples, fmt.Errorf("%w: %q", ErrPartial, report.Missing)
		}
		return samples, nil
	}
}
