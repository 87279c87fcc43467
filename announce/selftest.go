package announce

import (
	"context"
	"fmt"

	"github.com/xinmoi/xinmoi/announce/output"
)

// TestResult is how one output passed its silent test.
type TestResult struct {
	Output string
	Silent bool  // It has a silent test; otherwise only a sentence can tell.
	Err    error // Why it failed.
}

// SelfTest has every output of a zone try itself out without a sound. It waits
// for what is being said.
func (a *Announcer) SelfTest(ctx context.Context, zone string) ([]TestResult, error) {
	z, err := a.find(zone)
	if err != nil {
		return nil, err
	}
	var all []TestResult
	for _, l := range z.lanes() {
		all = append(all, l.selfTest(ctx))
	}
	return all, nil
}

// selfTest tests one output and remembers what came of it.
func (l *lane) selfTest(ctx context.Context) TestResult {
	r := TestResult{Output: l.out.Name()}
	tester, ok := l.out.(output.Tester)
	if !ok {
		return r
	}
	r.Silent = true
	ctx, cancel := context.WithTimeout(ctx, testPatience+maxSound)
	defer cancel()
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		r.Err = fmt.Errorf("%s is busy: %w", r.Output, ctx.Err())
		return r
	}
	test, stop := context.WithTimeout(ctx, testPatience)
	defer stop()
	r.Err = tester.SelfTest(test)
	<-l.turn
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case r.Err != nil && ctx.Err() == nil:
		l.fault(r.Err, l.now().Add(retryMost))
	case l.faults > 0:
		l.state.Tested, l.retry = true, l.now()
	}
	return r
}
