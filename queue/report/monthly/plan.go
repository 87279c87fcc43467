package monthly

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/report"
)

// Plan is a report that is made again and again.
type Plan struct {
	ID     string      `json:"id"`   // "1"; given by Save.
	Name   string      `json:"name"` // "Báo cáo tháng gửi UBND xã"
	Months int         `json:"months"`
	Hour   int         `json:"hour"` // Of the office's clock, on the first day after the period.
	Agency string      `json:"agency,omitempty"`
	Target int         `json:"target"` // Minutes; 0 = each service has its own.
	Letter Letter      `json:"letter"`
	To     []Recipient `json:"to"`
	Since  string      `json:"since"` // The first day of the first period; given by Save.
}

// Letter is what stands around the figures of a document.
type Letter struct {
	Over   string   `json:"over,omitempty"`   // The office above.
	Number string   `json:"number,omitempty"` // "12/BC-TTPVHCC"; empty = left to fill in.
	Place  string   `json:"place,omitempty"`
	Post   string   `json:"post,omitempty"` // The signer's.
	Signer string   `json:"signer,omitempty"`
	To     []string `json:"to,omitempty"` // Nơi nhận.
}

// Recipient is somebody who is told that a report was made.
type Recipient struct {
	Channel string `json:"channel"` // Channel.ID
	Address string `json:"address"` // What the channel needs to find them.
}

// Bounds of plans.
const (
	plansMost     = 20
	recipientMost = 10
	textMost      = 160 // Letters of a line.
	linesMost     = 12  // Of Letter.To.
	hoursADay     = 24
)

// settings is what an office decides, in one file.
type settings struct {
	Next       int    `json:"next"`
	KeepMonths int    `json:"keep_months"`
	Plans      []Plan `json:"plans"`
}

// DefaultKeep is how many months made reports are kept where nobody said
// another: five years.
const DefaultKeep = 60

// PlansName is the file, in Config.Dir, of what is set: all else there was made.
const PlansName = "plans.json"

// check says what is wrong with a plan, and brings it into shape.
func (p *Plan) check(channels []Channel) error {
	p.Name = line(p.Name)
	l := &p.Letter
	for _, text := range []*string{&l.Over, &l.Number, &l.Place, &l.Post, &l.Signer} {
		*text = line(*text)
	}
	to := []string{}
	for _, t := range l.To {
		if t = line(t); t != "" && len(to) < linesMost {
			to = append(to, t)
		}
	}
	l.To = to
	switch {
	case p.Name == "":
		return refuse("xin đặt tên cho báo cáo (please give the report a name)")
	case p.Months != 1 && p.Months != 3 && p.Months != 12:
		return refuse("kỳ báo cáo là một tháng, một quý hoặc một năm (a period is a month, a quarter or a year)")
	case p.Hour < 0 || p.Hour >= hoursADay:
		return refuse("giờ lập báo cáo từ 0 đến 23 (the hour is 0 to 23)")
	case p.Target < 0 || p.Target > 600:
		return refuse("mục tiêu chờ từ 1 đến 600 phút, để trống = theo từng hàng (the target is 1 to 600 minutes, empty = that of each service)")
	case len(p.To) > recipientMost:
		return refuse(fmt.Sprintf("nhiều nhất %d người nhận (at most %[1]d recipients)", recipientMost))
	}
	for i, r := range p.To {
		c := channelOf(channels, r.Channel)
		if c == nil {
			return refuse("kênh này chưa được cài đặt, xin chọn kênh khác (this channel is not set up, please choose another)")
		}
		p.To[i].Address = line(r.Address)
		if c.Check != nil {
			if err := c.Check(p.To[i].Address); err != nil {
				return err
			}
		} else if c.Asks != "" && p.To[i].Address == "" {
			return refuse("xin điền " + c.Asks + " (please fill in the " + c.AsksEN + ")")
		}
	}
	return nil
}

func refuse(words string) error { return queue.Errorf(queue.CodeBadRequest, "%s", words) }

func channelOf(channels []Channel, id string) *Channel {
	if i := slices.IndexFunc(channels, func(c Channel) bool { return c.ID == id }); i >= 0 {
		return &channels[i]
	}
	return nil
}

// line is one line of what people typed, bounded.
func line(typed string) string {
	letters := []rune(strings.Join(strings.Fields(typed), " "))
	return string(letters[:min(len(letters), textMost)])
}

// span is a period, both days included.
type span struct{ from, to time.Time }

// around gives the period of so many months in which a day lies.
func around(day time.Time, months int) span {
	first := time.Date(day.Year(), time.Month((int(day.Month())-1)/months*months+1), 1, 0, 0, 0, 0, time.UTC)
	return span{first, first.AddDate(0, months, -1)}
}

// due is when a period's report is made: at an hour of the first day after it.
func (s span) due(hour int, zone *time.Location) time.Time {
	after := s.to.AddDate(0, 0, 1)
	return time.Date(after.Year(), after.Month(), after.Day(), hour, 0, 0, 0, zone)
}

// due lists the periods of a plan whose reports ought to be there, the oldest
// first: not those that would be thrown away again.
func (p Plan) due(now time.Time, zone *time.Location, keep int) (list []span) {
	first, err := time.Parse(time.DateOnly, p.Since)
	if err != nil || p.Months < 1 {
		return nil
	}
	for s := around(first, p.Months); !s.due(p.Hour, zone).After(now); s = around(s.to.AddDate(0, 0, 1), p.Months) {
		if !stale(s.to, now.In(zone), keep) {
			list = append(list, s)
		}
	}
	return list
}

// stale reports whether a report is older than reports are kept.
func stale(to, now time.Time, keep int) bool {
	return to.Before(time.Date(now.Year(), now.Month()-time.Month(keep), 1, 0, 0, 0, 0, time.UTC))
}

// spec is what a period's report is made of.
func (p Plan) spec(s span) report.Spec {
	return report.Spec{
		From: s.from.Format(time.DateOnly), To: s.to.Format(time.DateOnly), Agency: p.Agency, Target: time.Duration(p.Target) * time.Minute, Compare: true,
	}
}

// Plans lists what is set, and for how many months reports are kept.
func (b *Book) Plans() (plans []Plan, keep int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, err := b.settings()
	return s.Plans, s.KeepMonths, err
}

// Save adds a plan, or changes the one with its id. A new one begins with the
// period that goes on. queue.CodeBadRequest says what is wrong in people's words.
func (b *Book) Save(p Plan) (Plan, error) {
	if err := p.check(b.Channels); err != nil {
		return p, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	s, err := b.settings()
	if err != nil {
		return p, err
	}
	i := slices.IndexFunc(s.Plans, func(old Plan) bool { return old.ID == p.ID })
	switch {
	case i >= 0 && s.Plans[i].Months == p.Months:
		p.Since = s.Plans[i].Since
	case i < 0 && p.ID != "":
		return p, refuse("báo cáo định kỳ này không còn nữa (this plan is no more)")
	case i < 0 && len(s.Plans) >= plansMost:
		return p, refuse(fmt.Sprintf("nhiều nhất %d báo cáo định kỳ (at most %[1]d plans)", plansMost))
	default:
		p.Since = around(b.Now().In(b.Location()), p.Months).from.Format(time.DateOnly)
	}
	if i < 0 {
		s.Next++
		p.ID = strconv.Itoa(s.Next)
		i, s.Plans = len(s.Plans), append(s.Plans, p)
	}
	s.Plans[i] = p
	return p, b.write(s)
}

// Remove ends a plan; what it has made stays.
func (b *Book) Remove(id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, err := b.settings()
	if err != nil {
		return err
	}
	s.Plans = slices.DeleteFunc(s.Plans, func(p Plan) bool { return p.ID == id })
	return b.write(s)
}

// Keep sets for how many months made reports are kept, 1 to 600.
func (b *Book) Keep(months int) error {
	if months < 1 || months > 600 {
		return refuse("thời gian lưu từ 1 đến 600 tháng (reports are kept for 1 to 600 months)")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	s, err := b.settings()
	if err != nil {
		return err
	}
	s.KeepMonths = months
	return b.write(s)
}

func (b *Book) settings() (s settings, err error) {
	body, err := os.ReadFile(filepath.Join(b.Dir, PlansName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	case err == nil:
		if err = json.Unmarshal(body, &s); err != nil {
			err = fmt.Errorf("%s: %w", PlansName, err)
		}
	}
	s.KeepMonths = cmp.Or(s.KeepMonths, DefaultKeep)
	return s, err
}

func (b *Book) write(s settings) error {
	body, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return replace(filepath.Join(b.Dir, PlansName), body)
}
