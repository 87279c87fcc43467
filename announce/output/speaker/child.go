package speaker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// lookEvery is how often an idle player looks whether the card is still there.
const lookEvery = 250 * time.Millisecond

// device is what a player plays on.
type device interface {
	play(ctx context.Context, samples []byte) (gaps bool, err error)
	Err() error
}

// Serve is the player's whole life: it opens the card, says so on out, plays
// what comes on in, and ends when in ends, ctx ends, or the card is lost (which
// is an error). It is for the process that a Speaker starts.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	return serve(ctx, in, out, func(ctx context.Context) (device, error) {
		card, err := Open(ctx)
		if err != nil {
			return nil, err
		}
		return card, nil
	})
}

func serve(ctx context.Context, in io.Reader, out io.Writer, open func(context.Context) (device, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	p := &player{out: out}
	defer p.plays.Wait()
	defer cancel()
	card, err := open(ctx)
	if err != nil {
		p.say(reply{kind: repLost, err: err})
		return err
	}
	p.card = card
	p.say(reply{kind: repReady})
	requests, ended := read(ctx, in)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case r := <-requests:
			p.do(ctx, r)
		case err := <-ended:
			return err
		case <-look.C:
			if err := card.Err(); err != nil {
				cancel()
				p.plays.Wait() // Their answers come first.
				p.say(reply{kind: repLost, err: err})
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// read reads requests until in ends, which is no error.
func read(ctx context.Context, in io.Reader) (<-chan request, <-chan error) {
	requests, ended := make(chan request), make(chan error, 1)
	go func() {
		for {
			r, err := readRequest(in)
			if errors.Is(err, io.EOF) {
				err = nil
			}
			if err != nil || r.kind == 0 {
				ended <- err
				return
			}
			select {
			case requests <- r:
			case <-ctx.Done():
				return
			}
		}
	}()
	return requests, ended
}

// player plays one clip at a time.
type player struct {
	card device

	talk sync.Mutex
	out  io.Writer

	plays sync.WaitGroup
	id    uint32 // Of the running clip.
	stop  context.CancelFunc
}

// do follows a request; a new clip takes the place of a running one.
func (p *player) do(ctx context.Context, r request) {
	if p.stop != nil && (r.kind == reqPlay || r.id == p.id) {
		p.stop()
		p.stop = nil
	}
	if r.kind != reqPlay {
		return
	}
	p.plays.Wait() // For the one that was stopped.
	ctx, p.stop = context.WithCancel(ctx)
	p.id = r.id
	p.plays.Go(func() { p.play(ctx, r) })
}

func (p *player) play(ctx context.Context, r request) {
	gaps, err := p.card.play(ctx, r.samples)
	switch {
	case err == nil:
		p.say(reply{kind: repDone, id: r.id, gaps: gaps})
	case ctx.Err() != nil && p.card.Err() == nil:
		p.say(reply{kind: repStopped, id: r.id})
	case ctx.Err() != nil:
		p.say(reply{kind: repFailed, id: r.id, err: p.card.Err()})
	default:
		p.say(reply{kind: repFailed, id: r.id, err: err})
	}
}

// say writes a line; who does not listen any more has closed in, too.
func (p *player) say(r reply) {
	p.talk.Lock()
	defer p.talk.Unlock()
	_, _ = fmt.Fprintln(p.out, r)
}
