package sms

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/bots"
)

// Reading the inbox that gammu-smsd keeps (man gammu-smsd-files).
const (
	inboxPause = time.Second // Between two looks; and a file is left alone for as long after it was written.
	inboxMost  = 16          // Messages of one look.
	maxParts   = 8           // Parts of one message.
	maxFile    = 4 << 10     // Bytes of a part that are read.
)

// folders are where gammu-smsd keeps messages.
type folders struct {
	inbox string
	taken string // Where it puts what the network took; empty = it says nothing of where.
	error string // Where it puts what could not be sent; likewise.
}

// foldersOf finds the folders in the configuration of gammu-smsd.
func foldersOf(file string) (where folders, err error) {
	f, err := os.Open(file)
	if err != nil {
		return where, fmt.Errorf("gammu_config: %w", err)
	}
	defer func() { _ = f.Close() }() // Only read.
	format := "unicode"
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, ok := strings.Cut(lines.Text(), "=")
		if !ok {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "inboxpath":
			where.inbox = strings.TrimSpace(value)
		case "sentsmspath":
			where.taken = strings.TrimSpace(value)
		case "errorsmspath":
			where.error = strings.TrimSpace(value)
		case "inboxformat":
			format = strings.ToLower(strings.TrimSpace(value))
		}
	}
	switch {
	case where.inbox == "":
		return where, fmt.Errorf("gammu_config: %s names no inboxpath: messages can be received with \"service = files\" only", file)
	case format != "unicode" && format != "standard":
		return where, fmt.Errorf("gammu_config: inboxformat = %s cannot be read: say \"unicode\" or \"standard\"", format)
	}
	return where, nil
}

// incoming is the name of a received part: IN<date>_<time>_<serial>_<sender>_<part>.txt
var incoming = regexp.MustCompile(`^(IN([0-9]{8}_[0-9]{6})_[0-9]+_(.*))_([0-9]{2})\.txt$`)

// Poll implements bots.Poller. The cursor names, by what tells no telephone
// number, the messages of the batch before: once it is committed, their files
// go. A message whose file could not be removed comes again and is known by its
// id.
func (p polled) Poll(ctx context.Context, cursor string) ([]bots.Inbound, string, error) {
	waiting, err := p.files()
	if err != nil {
		return nil, cursor, &bots.Failure{Class: bots.Unreachable, Err: err}
	}
	taken := strings.Fields(cursor)
	var batch []bots.Inbound
	var names []string
	for _, m := range waiting {
		switch id := name("gammu", m.name); {
		case slices.Contains(taken, id):
			if err := m.remove(p.inbox); err != nil {
				return nil, cursor, &bots.Failure{Class: bots.Retry, Err: err}
			}
		case len(batch) < inboxMost && p.in.Now().Sub(m.written) >= inboxPause:
			text, err := m.read(p.inbox)
			if err != nil {
				return nil, cursor, &bots.Failure{Class: bots.Retry, Err: err}
			}
			batch, names = append(batch, p.said(id, m.from, text, m.sent)), append(names, id)
		}
	}
	if batch = append(batch, p.outcomes()...); len(batch) > 0 {
		return batch, strings.Join(names, " "), nil
	}
	pause := time.NewTimer(inboxPause)
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-ctx.Done():
	}
	return nil, "", nil
}

// letter is one message in the inbox.
type letter struct {
	name    string // Of its files, without part and ending.
	from    string
	parts   []string // File names in order.
	sent    time.Time
	written time.Time // The latest part.
}

// files lists the messages of the inbox, oldest first.
func (p polled) files() ([]*letter, error) {
	entries, err := os.ReadDir(p.inbox)
	if err != nil {
		return nil, errors.New("the inbox of gammu-smsd cannot be read: " + plainError(err))
	}
	var all []*letter
	for _, e := range entries { // In the order of their names: parts of a message stand together.
		m := incoming.FindStringSubmatch(e.Name())
		info, err := e.Info()
		if m == nil || err != nil {
			continue
		}
		if len(all) == 0 || all[len(all)-1].name != m[1] {
			sent, _ := time.ParseInLocation("20060102_150405", m[2], time.Local) // Zero = not known.
			all = append(all, &letter{name: m[1], from: m[3], sent: sent})
		}
		last := all[len(all)-1]
		last.parts = append(last.parts, e.Name())
		if info.ModTime().After(last.written) {
			last.written = info.ModTime()
		}
	}
	return all, nil
}

func (m *letter) read(dir string) (string, error) {
	var text strings.Builder
	for _, part := range m.parts[:min(len(m.parts), maxParts)] {
		b, err := os.ReadFile(filepath.Join(dir, part))
		if err != nil {
			return "", errors.New("a received message cannot be read: " + plainError(err))
		}
		text.WriteString(readPart(b[:min(len(b), maxFile)]))
	}
	return text.String(), nil
}

// readPart reads UTF-16, which begins with a mark or is no UTF-8, or text of the
// system's own charset.
func readPart(b []byte) string {
	marked := len(b) >= 2 && (b[0] == 0xfe && b[1] == 0xff || b[0] == 0xff && b[1] == 0xfe)
	if marked || (len(b)%2 == 0 && (!utf8.Valid(b) || strings.IndexByte(string(b), 0) >= 0)) {
		return wide(b)
	}
	return strings.ToValidUTF8(string(b), "?")
}

func (m *letter) remove(dir string) error {
	for _, part := range m.parts {
		if err := os.Remove(filepath.Join(dir, part)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.New("a received message cannot be removed: " + plainError(err))
		}
	}
	return nil
}

// plainError is an error without the file's name, which holds a telephone number.
func plainError(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return "unknown failure"
}
