package announce

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/queue"
)

// Bounds of messages.
const (
	maxMessage   = 500 // Characters.
	maxMessages  = 20
	keepMessage  = 10 * time.Second // How long a text stays on the boards after it was said.
	minPeriod    = time.Minute
	messageSpeak = "Bộ phận một cửa có thông báo." // Stands for the text of recorded speech.
)

// Message is what staff say to the hall: spoken, and shown on the boards until
// it has been said or, in an emergency, until somebody takes it back.
type Message struct {
	ID        string    // Given by Post.
	Text      string    // What is shown, and said where there is no Sound.
	Emergency bool      // Before everything else, three times; stays on the boards until withdrawn.
	Zones     []string  // Where it is said; empty = everywhere.
	Times     int       // How often, 1 to 10; 0 = once, three times in an emergency.
	Sound     audio.PCM // Recorded speech, at most a minute; empty = the voice says Text.
	At        time.Time // When it was posted.

	open int // Zones that have not ended it.
}

// Post says a message and shows it. It returns at once, with the id to
// withdraw it by.
func (a *Announcer) Post(m Message) (id string, err error) {
	m.Text = strings.Join(strings.Fields(m.Text), " ")
	if m.Text == "" && len(m.Sound.Samples) > 0 {
		m.Text = messageSpeak
	}
	if err := m.check(); err != nil {
		return "", err
	}
	zones, err := a.zonesOf(m.Zones)
	if err != nil {
		return "", err
	}
	a.mu.Lock()
	oldest, full := a.full(m.Emergency)
	if full && !m.Emergency {
		a.mu.Unlock()
		return "", fmt.Errorf("đang có %d thông báo: gỡ bớt rồi gửi lại (%d messages are up: take one back and try again)", maxMessages, maxMessages)
	}
	a.lastID++
	m.ID, m.At, m.open = fmt.Sprintf("m%d", a.lastID), a.c.Now(), len(zones)
	a.messages = append(a.messages, m)
	a.mu.Unlock()
	if full { // An emergency is never refused.
		_ = a.Withdraw(oldest) // If it went by itself meanwhile, there is room all the same.
	}
	a.c.Logger.Info("message posted", "id", m.ID, "emergency", m.Emergency, "zones", m.Zones)
	a.c.Posted()
	a.keep(m.Emergency)
	for _, z := range zones {
		end := z.Announce(m.announcement())
		go func() { <-end; a.said(m.ID) }()
	}
	return m.ID, nil
}

// full reports whether as many messages are up as may be, ordinary ones or
// emergencies, and which of them is the oldest. The caller holds a.mu.
func (a *Announcer) full(emergency bool) (oldest string, full bool) {
	n := 0
	for _, m := range a.messages {
		if m.Emergency != emergency {
			continue
		}
		if n++; oldest == "" {
			oldest = m.ID
		}
	}
	return oldest, n >= maxMessages
}

// keep has the emergencies that stand written down, when they have changed.
func (a *Announcer) keep(changed bool) {
	if !changed || a.c.Keep == nil {
		return
	}
	a.keeping.Lock() // The list kept last is the latest.
	defer a.keeping.Unlock()
	a.mu.Lock()
	standing := slices.DeleteFunc(slices.Clone(a.messages), func(m Message) bool { return !m.Emergency })
	a.mu.Unlock()
	a.c.Keep(standing)
}

// stand says and shows the emergencies again that nobody took back before the
// program ended.
func (a *Announcer) stand() {
	for _, m := range a.c.Standing {
		if _, err := a.Post(m); err != nil {
			a.c.Logger.Error("a standing emergency cannot be said again", "text", m.Text, "error", err)
		}
	}
}

func (m Message) announcement() Announcement {
	c := Announcement{Notice: Phrase(m.Text).WithChime(), Times: m.Times, Message: m.ID, Sound: m.Sound, At: m.At}
	if m.Emergency {
		c.Urgency = Emergency
	}
	return c
}

func (m Message) check() error {
	switch {
	case m.Text == "":
		return errors.New("nội dung trống: gõ điều cần thông báo (empty: type what to announce)")
	case !utf8.ValidString(m.Text) || strings.ContainsFunc(m.Text, misleading):
		return errors.New("nội dung có ký tự lạ: gõ lại bằng chữ thường (the text has control characters: type it again)")
	case utf8.RuneCountInString(m.Text) > maxMessage:
		return fmt.Errorf("nội dung dài hơn %d chữ: viết ngắn lại (longer than %d characters: make it shorter)", maxMessage, maxMessage)
	case m.Times < 0 || m.Times > mostTimes:
		return fmt.Errorf("đọc %d lần: chọn 1 đến %d (said %d times: choose 1 to %d)", m.Times, mostTimes, m.Times, mostTimes)
	case m.Sound.Duration() > maxSound:
		return fmt.Errorf("đoạn nói dài %v: nói tối đa %v (the recording lasts %v: at most %v)", m.Sound.Duration(), maxSound, m.Sound.Duration(), maxSound)
	case len(m.Sound.Samples) > 0 && m.Sound.Rate != audio.RatePA:
		return fmt.Errorf("recording of %d Hz: convert it to %d Hz first", m.Sound.Rate, audio.RatePA)
	}
	return nil
}

// misleading characters do not show, or turn the direction in which others do.
func misleading(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// zonesOf finds zones by id; none = all.
func (a *Announcer) zonesOf(ids []string) (zones []*Zone, err error) {
	if len(ids) == 0 {
		return a.zones, nil
	}
	for _, id := range ids {
		z, err := a.find(id)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(zones, z) {
			zones = append(zones, z)
		}
	}
	return zones, nil
}

// said takes a message off the boards a while after its last zone has ended it.
func (a *Announcer) said(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.messages {
		m := &a.messages[i]
		if m.ID != id {
			continue
		}
		if m.open--; m.open == 0 && !m.Emergency {
			time.AfterFunc(keepMessage, func() { a.remove(id) })
		}
	}
}

func (a *Announcer) remove(id string) (was bool) {
	a.mu.Lock()
	i := slices.IndexFunc(a.messages, func(m Message) bool { return m.ID == id })
	if i < 0 {
		a.mu.Unlock()
		return false
	}
	emergency := a.messages[i].Emergency
	a.messages = slices.Delete(a.messages, i, i+1)
	a.mu.Unlock()
	a.c.Posted()
	a.keep(emergency)
	return true
}

// Withdraw takes a message back: it is cut at its next pause, said no more and
// taken off the boards.
func (a *Announcer) Withdraw(id string) error {
	if !a.remove(id) {
		return errors.New("thông báo này đã hết (this message is over already)")
	}
	for _, z := range a.zones {
		z.Withdraw(id)
	}
	return nil
}

// Messages lists what the boards show now, the most urgent first.
func (a *Announcer) Messages() []Message {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := slices.Clone(a.messages)
	slices.SortStableFunc(out, func(x, y Message) int {
		switch {
		case x.Emergency == y.Emergency:
			return 0
		case x.Emergency:
			return -1
		}
		return 1
	})
	return out
}

// Periodical is said every so often while the office is open and nothing else
// is to be said.
type Periodical struct {
	Text  string
	Every time.Duration // At least a minute.
	Zones []string      // Empty = everywhere.
}

// repeat says the periodicals until ctx ends.
func (a *Announcer) repeat(ctx context.Context) error {
	if len(a.c.Periodic) == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	began := a.c.Now()
	for i := range a.c.Periodic {
		a.schedule(i, began)
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			a.sayDue(ctx)
		}
	}
}

func (a *Announcer) schedule(i int, from time.Time) {
	p := a.c.Periodic[i]
	a.announce[i] = from.Add(max(p.Every, minPeriod))
}

// sayDue says what is due, unless the office is closed.
func (a *Announcer) sayDue(ctx context.Context) {
	now := a.c.Now()
	for i, p := range a.c.Periodic {
		if now.Before(a.announce[i]) {
			continue
		}
		a.schedule(i, now)
		var info queue.Info
		ask, cancel := context.WithTimeout(ctx, askOffice)
		info, err := a.c.Office.Info(ask)
		cancel()
		zones, none := a.zonesOf(p.Zones)
		if err != nil || !info.Open || none != nil {
			continue
		}
		for _, z := range zones {
			z.Announce(Announcement{Notice: Phrase(p.Text).WithChime(), Urgency: Periodic})
		}
	}
}
