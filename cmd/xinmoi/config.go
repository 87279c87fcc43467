package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue/led"
)

//go:embed example.toml
var exampleConfig []byte

// config is one machine's configuration; example.toml documents it and holds
// the defaults.
type config struct {
	trustClock bool // From the flag alone: it is for one start.

	Data string `toml:"data"`
	HTTP struct {
		Listen    string `toml:"listen"`
		PublicURL string `toml:"public_url"`
	} `toml:"http"`
	HTTPS   httpsConfig   `toml:"https"`
	SIP     sipConfig     `toml:"sip"`
	Callout calloutConfig `toml:"callout"`
	Voice   struct {
		Dir   string  `toml:"dir"`
		Speed float64 `toml:"speed"`
	} `toml:"voice"`
	Speaker struct {
		Output string `toml:"output"`
	} `toml:"speaker"`
	Sound   soundConfig `toml:"sound"`
	Printer struct {
		Connect string `toml:"connect"`
		Width   int    `toml:"width"`
		Profile string `toml:"profile"`
	} `toml:"printer"`
	LED      []ledConfig `toml:"led"`
	Telegram struct {
		TokenFile string `toml:"token_file"`
		Name      string `toml:"name"`
		APIURL    string `toml:"api_url"`
	} `toml:"telegram"`
	Zalo zaloConfig `toml:"zalo"`

	ZaloOA zaloOAConfig `toml:"zalo_oa"`
	SMS    smsConfig    `toml:"sms"`

	WebPush webPushConfig `toml:"web_push"`

	People peopleConfig `toml:"people"`
	OpenID openidConfig `toml:"openid"`

	Hooks []hookConfig `toml:"hooks"`
	Live  liveConfig   `toml:"live"`
}

// off is the value that switches a part off.
const off = "off"

// defaultConfig is what example.toml says.
func defaultConfig() (config, error) {
	var c config
	err := decodeConfig(exampleConfig, &c)
	return c, err
}

// loadConfig reads a file over the defaults; an empty path is the defaults.
func loadConfig(path string) (config, error) {
	c, err := defaultConfig()
	if err != nil || path == "" {
		return c, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return c, err
	}
	if err := decodeConfig(text, &c); err != nil {
		return c, fmt.Errorf("%s:\n%w", path, err)
	}
	if err := c.check(); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// decodeConfig is strict: an unknown key is an error with its line and a caret.
func decodeConfig(text []byte, c *config) error {
	d := toml.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(c)
	var strict *toml.StrictMissingError
	var syntax *toml.DecodeError
	switch {
	case errors.As(err, &strict):
		return errors.New(strict.String())
	case errors.As(err, &syntax):
		return errors.New(syntax.String())
	}
	return err
}

// check refuses values that no part could work with.
func (c config) check() error {
	switch {
	case c.Data == "":
		return errors.New("data: name a directory")
	case c.Printer.Width != 576 && c.Printer.Width != 384:
		return fmt.Errorf("printer.width: %d: give 576 (80 mm) or 384 (58 mm)", c.Printer.Width)
	case c.Speaker.Output != "auto" && c.Speaker.Output != off:
		return fmt.Errorf("speaker.output: %q: give \"auto\" or \"off\"", c.Speaker.Output)
	case c.HTTP.PublicURL != "" && !strings.HasPrefix(c.HTTP.PublicURL, "http://") && !strings.HasPrefix(c.HTTP.PublicURL, "https://"):
		return fmt.Errorf("http.public_url: %q: begin with http:// or https://", c.HTTP.PublicURL)
	case !(c.Voice.Speed >= audio.MinSpeed && c.Voice.Speed <= audio.MaxSpeed): // Not a number is none of both.
		return fmt.Errorf("voice.speed: %v: give %v (slower) to %v (faster), 1 = as recorded", c.Voice.Speed, audio.MinSpeed, audio.MaxSpeed)
	case c.People.KeepAudit < 0 || c.People.KeepAudit > 1200:
		return fmt.Errorf("people.keep_audit_months: %d: give 1 to 1200, or 0 for ever", c.People.KeepAudit)
	case c.SIP.MaxCalls < 1:
		return fmt.Errorf("sip.max_calls: %d: give at least 1", c.SIP.MaxCalls)
	}
	for key, addr := range map[string]string{"http.listen (-http)": c.HTTP.Listen, "sip.listen (-sip)": c.SIP.Listen} {
		if _, _, err := net.SplitHostPort(addr); err != nil && (addr != off || !strings.HasPrefix(key, "sip")) {
			return fmt.Errorf("%s: %q: give an address and a port, such as 127.0.0.1:8080", key, addr)
		}
	}
	if c.Printer.Connect != virtualPrinter {
		if _, err := printer.Target(c.Printer.Connect); err != nil {
			return fmt.Errorf("printer.connect: %w", err)
		}
	}
	if _, err := c.printerProfile(); err != nil {
		return err
	}
	if err := c.HTTPS.check(); err != nil {
		return err
	}
	if err := c.SIP.check(); err != nil {
		return err
	}
	if err := c.Callout.check(); err != nil {
		return err
	}
	if err := c.Sound.check(); err != nil {
		return err
	}
	if err := led.Validate(c.ledPanels()); err != nil {
		return fmt.Errorf("led: %w", err)
	}
	if _, err := c.targets(); err != nil {
		return err
	}
	if _, err := c.OpenID.provider(""); err != nil {
		return err
	}
	if err := c.Live.check(); err != nil {
		return err
	}
	if _, err := c.Zalo.open(c.HTTP.PublicURL); err != nil {
		return err
	}
	if _, err := zaloOALine(c, ""); err != nil {
		return err
	}
	if _, _, err := c.SMS.converse(); err != nil {
		return err
	}
	if err := c.WebPush.check(); err != nil {
		return err
	}
	_, err := c.telegramToken()
	return err
}

// printerProfile is how the printer wants to be spoken to.
func (c config) printerProfile() (printer.Profile, error) {
	p, err := printer.FindProfile(c.Printer.Profile)
	if err != nil {
		return p, fmt.Errorf("printer.profile: %w", err)
	}
	p.Width = c.Printer.Width
	return p, nil
}

// virtualPrinter is the printer whose paper is a picture.
const virtualPrinter = "virtual"

// telegramToken reads the bot's token, empty if there is to be no bot.
func (c config) telegramToken() (string, error) {
	if c.Telegram.TokenFile == "" {
		return "", nil
	}
	b, err := os.ReadFile(c.Telegram.TokenFile)
	if err != nil {
		return "", fmt.Errorf("telegram.token_file: %w", err)
	}
	token := strings.TrimSpace(string(b))
	if token == "" {
		return "", fmt.Errorf("telegram.token_file: %s is empty: put the token that BotFather gave into it", c.Telegram.TokenFile)
	}
	return token, nil
}

func runConfig(_ context.Context, f *flag.FlagSet, args []string, s streams) error {
	words, err := parse(f, args)
	if err != nil {
		return err
	}
	switch {
	case len(words) == 1 && words[0] == "example":
		_, err := s.out.Write(exampleConfig)
		return err
	case len(words) == 2 && words[0] == "check":
		c, err := loadConfig(words[1])
		if err != nil {
			return err
		}
		if err := c.Sound.try(); err != nil {
			return fmt.Errorf("%s: %w", words[1], err)
		}
		fmt.Fprintf(s.out, "%s is fine\n", words[1])
		if word := c.SIP.strangersWord(); word != "" {
			fmt.Fprintln(s.out, word)
		}
		return nil
	default:
		return usagef("say \"example\" or \"check FILE\"")
	}
}
