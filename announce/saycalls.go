package announce

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/queue"
)

// SayCalls makes the announcement that calls would be: chime and first reading,
// in Vietnamese and then in the tickets' languages. It is how a wording or a
// voice is tried without an office. Report.Unspoken lists the languages that
// the voice lacks. A number, counter or direction that is none is an error.
func SayCalls(ctx context.Context, r *Renderer, calls []CallRequest, w Wording) (output.Clip, Report, error) {
	if len(calls) == 0 {
		return output.Clip{}, Report{}, queue.Errorf(queue.CodeBadRequest, "no call to say")
	}
	for _, c := range calls {
		switch {
		case c.Number.IsZero():
			return output.Clip{}, Report{}, queue.Errorf(queue.CodeBadRequest, "a call needs a number")
		case len(spoken(c.Counter, w)) == 0:
			return output.Clip{}, Report{}, queue.Errorf(queue.CodeBadRequest, "%.40q is not a counter", c.Counter)
		case !slices.Contains([]string{"", "left", "right", "ahead", "back"}, c.Place.Direction):
			return output.Clip{}, Report{}, queue.Errorf(queue.CodeBadRequest, "direction %.20q: want left, right, ahead or back", c.Place.Direction)
		}
	}
	s, lacks := r.Announcement(calls, 1, w)
	pcm, report, err := r.Render(ctx, s)
	report.Unspoken = strings.Join(lacks, ", ")
	return output.Clip{
		ID: "say-" + calls[0].Number.String(), Text: s.Text(), Number: calls[0].Number.String(), Counter: calls[0].Counter,
		Reading: 1, PCM: pcm, StartedAt: time.Now(),
	}, report, err
}
