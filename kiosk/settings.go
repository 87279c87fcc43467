package kiosk

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/xinmoi/xinmoi/queue"
)

// settings is what an office has decided about its machines in the hall.
type settings struct{ queue.KioskSetup }

// What is believed of a screen, in CSS pixels to the millimetre.
const (
	LeastMillimetre = 1.0
	MostMillimetre  = 12.0
)

const (
	defaultMillimetre = 2.71 // 32 inch across, 1080 × 1920.
	defaultAge        = 60   // Luật Người cao tuổi 39/2009/QH12, Điều 2.
)

func (s settings) millimetre() float64 {
	if s.Millimetre < LeastMillimetre || s.Millimetre > MostMillimetre {
		return defaultMillimetre
	}
	return s.Millimetre
}

func (s settings) age() int {
	if s.Age <= 0 {
		return defaultAge
	}
	return s.Age
}

// lastSettings keeps the latest settings that could be read, for the times when
// the office does not answer.
type lastSettings struct {
	mu sync.Mutex
	s  settings
}

// settings reads what the office has decided.
func (k *Kiosk) settings(ctx context.Context) settings {
	if tried, ok := ctx.Value(triedKey{}).(settings); ok {
		return tried
	}
	set, err := k.cfg.Office.Kiosk(ctx)
	k.known.mu.Lock()
	defer k.known.mu.Unlock()
	if err != nil {
		k.log.Debug("kiosk settings not read, using the latest known", "err", err)
		return k.known.s
	}
	k.known.s = settings{set}
	return k.known.s
}

// size tells the style sheet how large a millimetre is on this screen, so that
// what is touched is 20 mm everywhere.
func (k *Kiosk) size(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	set, tried := sizeTried(r)
	if !tried {
		set = k.settings(r.Context())
	}
	fmt.Fprintf(w, ":root{--mm:%.3fpx}\n", set.millimetre())
}
