package bots

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
)

// Settings is what an office decides about its messages. They lie in the
// mailbox, and hold from the next message on.
type Settings struct {
	Quiet notice.Quiet `json:"quiet,omitzero"`
	// Month is how many messages a channel may send in a month, by channel; a
	// channel that is not named has Caps.PerMonth.
	Month map[queue.Channel]int `json:"month,omitempty"`
	// NoFallback keeps to the chat: nobody is written to or called elsewhere.
	NoFallback bool `json:"no_fallback,omitempty"`
}

// mostMonth bounds a month's messages: a typing error, otherwise.
const mostMonth = 10_000_000

// Check refuses what cannot be meant; the error tells people what to give.
func (s Settings) Check() error {
	if err := s.Quiet.Check(); err != nil {
		return err
	}
	for channel, n := range s.Month {
		if n < 0 || n > mostMonth {
			return fmt.Errorf("%s: %d messages a month: give 0 (no bound) to %d", channel, n, mostMonth)
		}
	}
	return nil
}

const settingsName = "settings"

// Settings tells what is in force.
func (b *Bots) Settings() Settings {
	b.settingsMu.Lock()
	defer b.settingsMu.Unlock()
	s := b.settings
	s.Month = maps.Clone(s.Month)
	return s
}

// SetSettings puts other settings in force, for good.
func (b *Bots) SetSettings(ctx context.Context, s Settings) error {
	if err := s.Check(); err != nil {
		return err
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := b.box.Update(ctx, func(tx *mailbox.Tx) error { return tx.SetCursor(settingsName, string(text)) }); err != nil {
		return err
	}
	b.settingsMu.Lock()
	b.settings = s
	b.settings.Month = maps.Clone(s.Month)
	b.settingsMu.Unlock()
	return nil
}

// ReadSettings reads what Settings was written as, for carrying it to another
// machine; what it does not know is an error, and what Check refuses.
func ReadSettings(text []byte) (s Settings, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, err
	}
	return s, s.Check()
}

// loadSettings reads what the office has decided; what cannot be read is as if
// nothing had been.
func (b *Bots) loadSettings(ctx context.Context) error {
	text, err := b.box.Cursor(ctx, settingsName)
	if err != nil || text == "" {
		return err
	}
	var s Settings
	if err := json.Unmarshal([]byte(text), &s); err != nil || s.Check() != nil {
		b.log.Warn("the settings of the chats cannot be read; the usual ones are in force", "err", err)
		return nil
	}
	b.settings = s
	return nil
}

// budget is what a channel may send in a month.
func (b *Bots) budget(channel string) notice.Budget {
	if n, ok := b.Settings().Month[queue.Channel(channel)]; ok {
		return notice.Budget{Month: n}
	}
	return notice.Budget{Month: b.caps(channel).PerMonth}
}

// Month is how a channel's messages of this month stand.
type Month struct {
	Budget notice.Budget
	Used   int
	Owed   int // Kept back for those who wait.
}

// month tells how a channel's messages of this month stand.
func (b *Bots) month(ctx context.Context, channel string) (m Month, err error) {
	m.Budget = b.budget(channel)
	u, err := b.box.Month(ctx, channel, notice.Month(b.localNow()), string(notice.Called))
	m.Used, m.Owed = u.Sent, owed(u)
	return m, err
}

// owed is how many messages are kept back: for those who wait, and for calls
// that are decided and not sent.
func owed(u mailbox.Used) int { return u.Followed*notice.PerFollower + u.Calling }

// localNow is the time in the office's zone, as far as that is known.
func (b *Bots) localNow() time.Time {
	if zone := b.zone.Load(); zone != nil {
		return b.now().In(zone)
	}
	return b.now()
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
