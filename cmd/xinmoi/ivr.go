package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/ivr/trunk"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
)

// runIVR answers the telephone for an office that runs elsewhere. Several such
// processes may serve one queue, behind a SIP load balancer: they keep nothing
// but the calls in progress. ivr/sip/KAMAILIO.md describes it.
func runIVR(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	server := f.String("server", "http://127.0.0.1:8080", "address of the office's server")
	office := f.String("office", queue.CommuneCentre().Office, "`id` of the office")
	tokenFile := f.String("token-file", "", "`file` with a token of the role channel (xinmoi token -role channel)")
	file := f.String("config", "", "configuration `file`: [sip] and [voice] of it are used")
	data := f.String("data", "", "directory with the voices (default \""+defaultData+"\")")
	listen := f.String("sip", "", "address for telephone calls (default 127.0.0.1:5060)")
	words, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(words) > 0 {
		return usagef("unexpected %q", words[0])
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
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	remote := api.NewClient(*server, *office, strings.TrimSpace(string(token)), nil)
	return answerFor(ctx, remote, cfg, log, s)
}

// answerFor runs the telephone of a remote office until ctx ends; then running
// calls finish their sentence.
func answerFor(ctx context.Context, remote *api.Client, cfg config, log *slog.Logger, s streams) error {
	render, err := remoteVoice(ctx, remote, cfg, s)
	if err != nil {
		return err
	}
	phone := ivr.New(ivr.Config{Office: remote, Render: render, Logger: log, Setup: func(ctx context.Context) (queue.Setup, error) {
		p, err := remote.Phone(ctx)
		return queue.Setup{Phone: p}, err
	}})
	var trunks *trunk.Manager // Set before the first call is answered.
	line := sip.Config{Drain: sentenceTime, Logger: log, Answer: func(ctx context.Context, c *sip.Call) { phone.Answer(ctx, lineOf(c, trunks)) }}
	trunks, err = cfg.SIP.fill(&line, trunk.Options{Logger: log})
	if err != nil {
		return err
	}
	server, err := sip.Listen(line)
	if err != nil {
		return err
	}
	g := newGroup(log)
	if trunks != nil {
		trunks.Use(server)
		g.start(ctx, part{"trunks", trunks.Run, false})
	}
	g.start(ctx, part{"telephone", phone.Run, false})
	fmt.Fprintf(s.out, "Điện thoại (telephone) sip:%v\n", server.Addr())
	err = server.Run(ctx)
	g.wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// officeWait is how long an office that is just being started is waited for.
const officeWait = 30 * time.Second

// remoteVoice opens the voice for the region of a remote office.
func remoteVoice(ctx context.Context, remote *api.Client, cfg config, s streams) (ivr.Render, error) {
	info, err := awaitOffice(ctx, remote)
	if err != nil {
		return nil, err
	}
	region, err := announce.ParseRegion(info.Region)
	if err != nil {
		return nil, err
	}
	voices := announce.Voices{Shelf: shelfOf(cfg.Data), Dir: cfg.Voice.Dir, Region: region, Speed: cfg.Voice.Speed}
	renderer, notes, err := voices.OpenRenderer()
	if err != nil {
		return nil, err
	}
	for _, n := range notes {
		fmt.Fprintln(s.err, n)
	}
	return ivr.RenderWith(renderer), nil
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
