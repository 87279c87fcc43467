package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout/afar"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
)

// ivrOptions is what "xinmoi ivr" is told beside its configuration.
type ivrOptions struct {
	server, office, token, http string
}

// runIVR answers the telephone for an office that runs elsewhere. Several such
// processes may serve one queue, behind a SIP load balancer: they keep nothing
// but the calls in progress, and where the office itself calls nobody the wishes
// of their callers to be called.
// ivr/sip/KAMAILIO.md describes it.
func runIVR(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	var o ivrOptions
	f.StringVar(&o.server, "server", "http://127.0.0.1:8080", "address of the office's server")
	f.StringVar(&o.office, "office", queue.CommuneCentre().Office, "`id` of the office")
	f.StringVar(&o.http, "http", "", "address for figures (/metrics) and live calls (/admin/calls); empty = none")
	tokenFile := f.String("token-file", "", "`file` with a token of the role channel (xinmoi token -role channel)")
	file := f.String("config", "", "configuration `file`: [sip], [callout] and [voice] of it are used")
	data := f.String("data", "", "directory with the voices and, in one of its own, whom to call (default \""+defaultData+"\")")
	listen := f.String("sip", "", "address for telephone calls (default 127.0.0.1:5060)")
	if err := parseFlags(f, args); err != nil {
		return err
	}
	cfg, err := loadConfig(*file)
	if err != nil {
		return err
	}
	for value, target := range map[*string]*string{data: &cfg.Data, listen: &cfg.SIP.Listen} {
		if *value != "" {
			*target = *value
		}
	}
	token, err := os.ReadFile(*tokenFile)
	if err != nil {
		return fmt.Errorf("-token-file: %w; make one with \"xinmoi token -role channel\" at the server", err)
	}
	o.token = strings.TrimSpace(string(token))
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return answerFor(ctx, o, cfg, log, s)
}

// answerFor runs the telephone of a remote office until ctx ends; then running
// calls finish their sentence.
func answerFor(ctx context.Context, o ivrOptions, cfg config, log *slog.Logger, s streams) (err error) {
	remote := api.NewClient(o.server, o.office, o.token, nil)
	info, err := awaitOffice(ctx, remote)
	if err != nil {
		return err
	}
	t := &telephone{cfg: cfg, log: log}
	defer func() { err = errors.Join(append(t.close(false), err)...) }()
	asked := new(demand)
	var where whereabouts
	where.keep(info)
	office := phoneOffice{Office: remote, setup: remoteSetup{remote}, names: where.names, location: where.location, demand: asked.counts}
	spoken, err := openRemoteVoice(info, cfg, s)
	if err != nil {
		return err
	}
	office.renderer = spoken.renderer
	if office.texter, err = cfg.SMS.texter(); err != nil {
		return err
	}
	diary := &afar.Appointments{Base: o.server, Token: o.token}
	if office.topics, err = bookingTopic(diary, diary.Setup, office.texter); err != nil {
		return err
	}
	parts, err := t.listen(sip.Config{Drain: sentenceTime, Answer: t.talk})
	if err != nil {
		return err
	}
	opened, err := t.openRemote(ctx, office, o)
	if err != nil {
		return errors.Join(err, t.sip.Close())
	}
	g, running := newGroup(log), context.CancelFunc(nil)
	ctx, running = context.WithCancel(ctx)
	defer running()
	opened = append(opened, part{"demand", func(ctx context.Context) error { asked.follow(ctx, remote, log); return nil }, false},
		part{"time zone", func(ctx context.Context) error {
			return where.follow(ctx, remote, log, func(info queue.Info) { t.speakAs(info.Region, spoken) })
		}, false})
	for _, p := range append(parts, opened...) {
		g.start(ctx, p)
	}
	fmt.Fprintf(s.out, "Điện thoại (telephone) sip:%v\n", t.sip.Addr())
	forgetStart()
	select {
	case <-ctx.Done():
	case err = <-g.failed:
		running()
	}
	return errors.Join(err, g.wait(stopLimit))
}

// openRemote sets up what is beside the line: conversations, calls to citizens,
// figures and the page of live calls.
func (t *telephone) openRemote(ctx context.Context, office phoneOffice, o ivrOptions) ([]part, error) {
	dir, err := ownDir(t.cfg.Data, t.sip.Addr())
	if err != nil {
		return nil, err
	}
	office.wishes = filepath.Join(dir, book.FileName)
	office.refused = (&afar.Book{Base: o.server, Token: o.token}).Refused
	office.elsewhere = func(here ivr.Callbacks) ivr.Callbacks { return &afar.Book{Base: o.server, Token: o.token, Own: here} }
	parts, err := t.open(ctx, office)
	if err != nil || o.http == "" {
		return parts, err
	}
	pages, err := t.servePages(office, o)
	if err != nil {
		return nil, err
	}
	return append(parts, pages), nil
}

// ownDir is where one of several processes keeps what is its own, also when
// they share the directory of voices.
func ownDir(data string, addr netip.AddrPort) (string, error) {
	dir := filepath.Join(data, "ivr-"+strings.NewReplacer(":", "_", "[", "", "]", "").Replace(addr.String()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("cannot make the directory of the calls to citizens: %w; name another one with -data", err)
	}
	return dir, nil
}

// remoteSetup is what a telephone needs of the setup of an office elsewhere.
type remoteSetup struct{ office *api.Client }

// Setup implements callout.Setup.
func (r remoteSetup) Setup(ctx context.Context) (queue.SetupView, error) {
	s, err := r.office.Telephone(ctx)
	return queue.SetupView{Setup: s}, err
}

// officeWait is how long an office that is just being started is waited for.
const officeWait = 30 * time.Second

// remoteVoice is the voice with which a telephone speaks for an office elsewhere.
type remoteVoice struct {
	announce.Voices
	renderer *announce.Renderer
}

// openRemoteVoice opens the voice for the region of a remote office.
func openRemoteVoice(info queue.Info, cfg config, s streams) (*remoteVoice, error) {
	region, err := announce.ParseRegion(info.Region)
	if err != nil {
		return nil, err
	}
	v := &remoteVoice{Voices: announce.Voices{Shelf: shelfOf(cfg.Data), Dir: cfg.Voice.Dir, Region: region, Speed: cfg.Voice.Speed}}
	var notes []string
	if v.renderer, notes, err = v.OpenRenderer(); err != nil {
		return nil, err
	}
	for _, n := range notes {
		fmt.Fprintln(s.err, n)
	}
	return v, nil
}

// follow speaks as in the region that the office has chosen and tells whether
// that is another voice than before. Without one of the region the voice stays:
// a northern one in the south is better than none.
func (v *remoteVoice) follow(region string) (changed bool, err error) {
	to := v.Voices
	if to.Region, err = announce.ParseRegion(region); err != nil || to.Region == v.Region {
		return false, err
	}
	pack, _, err := to.Open()
	if err != nil {
		return false, err
	}
	v.Voices = to
	v.renderer.Use(pack, synthesiser(to.Region))
	return true, nil
}

// speakAs speaks as in a region from the next sentence on, as far as there is a
// voice for it.
func (t *telephone) speakAs(region string, v *remoteVoice) {
	changed, err := v.follow(region)
	if err != nil {
		t.log.Warn("no voice of the office's region: the voice stays as it is", "region", region, "err", err)
	}
	if changed {
		t.phone.VoiceChanged()
	}
}

// awaitOffice asks the office who it is.
func awaitOffice(ctx context.Context, remote *api.Client) (info queue.Info, err error) {
	for end := time.Now().Add(officeWait); ; {
		info, err = remote.Info(ctx)
		if err == nil || ctx.Err() != nil || time.Now().After(end) || queue.ErrorCode(err) != queue.CodeUnavailable {
			return info, err
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}
