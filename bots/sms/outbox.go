package sms

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/bots"
)

// injectedAs is how gammu-smsd-inject names the file of a message.
var injectedAs = regexp.MustCompile(`(?m)^Written message with ID (\S+)`)

// injected reads the name of a message's file in the outbox of gammu-smsd; empty if
// it was not told.
func injected(output []byte) string {
	m := injectedAs.FindSubmatch(output)
	if m == nil {
		return ""
	}
	return filepath.Base(string(m[1]))
}

// outbox is what a modem has yet to send, by the names of its files. They hold
// telephone numbers, so they are remembered in memory alone: of what was put there
// before a restart nothing more is heard.
type outbox struct {
	mu    sync.Mutex
	files map[string]waiting
}

type waiting struct {
	mark  string
	until time.Time
}

// mostWaiting bounds an outbox: a modem sends some twenty messages a minute.
const mostWaiting = 1000

func newOutbox() *outbox { return &outbox{files: map[string]waiting{}} }

func (o *outbox) put(file, mark string, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	maps.DeleteFunc(o.files, func(_ string, w waiting) bool { return now.After(w.until) })
	if file != "" && len(o.files) < mostWaiting {
		o.files[file] = waiting{mark, now.Add(receiptTime)}
	}
}

// all gives what is waited for.
func (o *outbox) all() map[string]waiting {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.files)
}

func (o *outbox) drop(file string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.files, file)
}

// outcomes looks what became of messages: gammu-smsd moves their files. That the
// network took one is all that a modem tells: whether the telephone was on is not
// known.
func (p polled) outcomes() (told []bots.Inbound) {
	lies := func(dir, file string) bool {
		if dir == "" {
			return false
		}
		_, err := os.Stat(filepath.Join(dir, file))
		return err == nil
	}
	for file, w := range p.sent.all() {
		in := bots.Inbound{Kind: bots.Arrived, Mark: w.mark}
		switch {
		case lies(p.taken, file):
		case lies(p.error, file):
			in.Kind, in.Text = bots.NotArrived, "gammu: the modem could not send it"
		default:
			continue
		}
		p.sent.drop(file)
		told = append(told, in)
	}
	return told
}
