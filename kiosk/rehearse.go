package kiosk

import (
	"context"
	"net/http"
	"net/url"

	"github.com/xinmoi/xinmoi/queue"
)

// noteKey is where a context tells who wants to know what is said.
type noteKey struct{}

// Rehearse lists what the screens say in the voice mode in every language that
// can be spoken, and of numbers that are set aside, so that a machine may have
// it at hand before it is cut off from the voice.
func (k *Kiosk) Rehearse(ctx context.Context, numbers []queue.Number) (all []Speech, err error) {
	m, err := k.loadMenu(ctx, k.tongues.of(vietnamese))
	if err != nil {
		return nil, err
	}
	for _, code := range k.tongues.order {
		noting := context.WithValue(ctx, noteKey{}, func(s Speech) { all = append(all, s) })
		sp, ok := k.speakerOf(noting, code, m.info)
		if !ok {
			continue
		}
		for _, n := range numbers {
			for _, how := range []delivery{onPaper, onScreen, asking} {
				sp.number(k.tongues.of(code), visit{ticket: queue.Ticket{Number: n}, state: how})
			}
		}
		who := visitor{code, wishes{modes: []string{modeVoice}}}
		paths := []string{who.path("/kiosk", nil), who.path("/kiosk/search", nil), who.path("/kiosk/find", nil)}
		for _, f := range m.fields() {
			paths = append(paths, who.path("/kiosk/field", url.Values{"name": {f.Field}}))
		}
		for _, path := range paths {
			if err := k.rehearse(noting, path); err != nil {
				return all, err
			}
		}
	}
	return all, nil
}

// rehearse makes a page that nobody sees.
func (k *Kiosk) rehearse(ctx context.Context, path string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	k.Handler().ServeHTTP(nobody{}, r)
	return nil
}

// nobody looks at a page.
type nobody struct{}

func (nobody) Header() http.Header         { return http.Header{} }
func (nobody) Write(b []byte) (int, error) { return len(b), nil }
func (nobody) WriteHeader(int)             {}
