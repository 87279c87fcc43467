package sms

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots"
)

// The drivers, as the configuration names them.
const (
	ESMS   = "esms"
	Kannel = "kannel"
	Gammu  = "gammu"
)

// Config says through whom messages go out.
type Config struct {
	Driver  string       // ESMS, Kannel or Gammu.
	URL     string       // Of the aggregator or of sendsms; empty = the driver's usual one.
	User    string       // Kannel's username, eSMS' ApiKey.
	Secret  string       // Kannel's password, eSMS' SecretKey.
	From    string       // Brand name or short code; empty = the provider's.
	Command string       // Gammu: the program that injects, and File its configuration.
	File    string       //
	Marks   bool         // Write Vietnamese with its marks: up to twice the parts.
	Most    int          // Parts of one message; a longer one is refused. Default 2.
	Client  *http.Client // Nil = one of its own, with a timeout.
}

// Defaults and bounds.
const (
	esmsURL     = "https://rest.esms.vn/MainService.svc/json/SendMultipleMessage_V4_post_json/"
	kannelURL   = "http://127.0.0.1:13013/cgi-bin/sendsms"
	inject      = "gammu-smsd-inject"
	defaultMost = 2
	sendTime    = 15 * time.Second
	maxAnswer   = 64 << 10 // Bytes of a provider's answer that are read.
)

// Check refuses what no message could be sent with.
func (c Config) Check() error {
	switch {
	case c.Driver != ESMS && c.Driver != Kannel && c.Driver != Gammu:
		return fmt.Errorf("driver %q: give %q, %q or %q", c.Driver, ESMS, Kannel, Gammu)
	case c.Driver == Gammu && c.File == "":
		return errors.New("gammu needs its configuration, /etc/gammu-smsdrc")
	case c.Driver != Gammu && (c.User == "" || c.Secret == ""):
		return fmt.Errorf("%s needs a user and a secret", c.Driver)
	case c.Most < 0 || c.Most > 10:
		return fmt.Errorf("%d parts: give 1 to 10", c.Most)
	}
	if u, err := url.Parse(c.URL); c.URL != "" && (err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "") {
		return errors.New("url: give one that begins with http:// or https://")
	}
	return nil
}

// Sender writes messages. Its methods may be called at the same time.
type Sender struct {
	config Config
	drive  func(ctx context.Context, m message) (ref string, err error)
}

// New makes a Sender; the error is of Check.
func New(c Config) (*Sender, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: sendTime}
	}
	if c.Most == 0 {
		c.Most = defaultMost
	}
	s := &Sender{config: c}
	switch c.Driver {
	case Kannel:
		s.drive = func(ctx context.Context, m message) (string, error) { return "", s.kannel(ctx, m) }
	case ESMS:
		s.drive = func(ctx context.Context, m message) (string, error) { return "", s.esms(ctx, m) }
	default:
		s.drive = s.gammu
	}
	return s, nil
}

// message is what a driver gets: fit to be sent as it is.
type message struct {
	number, text string
	wide         bool // Needs UCS-2.
	order
}

// order is how a message is known again.
type order struct {
	key    string // The same message again bears the same.
	report string // Where the gateway is to tell what became of it; empty = nowhere.
}

// telephone is E.164, as queue and ivr write numbers.
var telephone = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// Text sends a text to a telephone in E.164 form and returns once the provider
// has taken it; that it arrived is not known then. The error is a
// *bots.Failure and never holds a secret or the number.
func (s *Sender) Text(ctx context.Context, number, text string) error {
	_, err := s.text(ctx, number, text, order{key: rand.Text()})
	return err
}

// text is Text, and gives the driver's own name of what it took, where it has one.
func (s *Sender) text(ctx context.Context, number, text string, o order) (ref string, err error) {
	if !telephone.MatchString(number) {
		return "", failure(bots.Rejected, "not a telephone number in international form, + and 7 to 15 digits")
	}
	text = s.worded(text)
	parts, wide := Parts(text)
	if text == "" || parts > s.config.Most {
		return "", failure(bots.Rejected, fmt.Sprintf("a message of %d parts: at most %d are sent", parts, s.config.Most))
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	return s.drive(ctx, message{number, text, wide, o})
}

// worded is a text as it goes out.
func (s *Sender) worded(text string) string {
	text = strings.TrimSpace(text)
	if !s.config.Marks {
		text = Plain(text)
	}
	return text
}

// Fits reports whether a text is sent in no more parts than the office allows.
func (s *Sender) Fits(text string) bool {
	parts, _ := Parts(s.worded(text))
	return parts <= s.config.Most
}

// Fit makes a text one that Fits: without its marks, with which it takes more than
// twice the room, and only then cut.
func (s *Sender) Fit(text string) string {
	if s.Fits(text) {
		return text
	}
	text = Plain(text)
	letters := []rune(text)
	for n := len(letters); n > 0 && !s.Fits(text); n-- {
		text = string(letters[:n-1]) + "..."
	}
	return text
}

func failure(class bots.FailureClass, text string) error {
	return &bots.Failure{Class: class, Err: errors.New(text)}
}

// netFailure tells a failure of the line without the address, which may hold a
// secret. Before an answer came nobody knows whether the message went out,
// unless nobody was there.
func netFailure(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	class := bots.Ambiguous
	if unreachable(err) {
		class = bots.Unreachable
	}
	return &bots.Failure{Class: class, Err: err}
}
