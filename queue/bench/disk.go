package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// recordSize is what one thread appends and syncs, in bytes: about one event.
const recordSize = 512

// appends measures for half the duration how often the disk makes an appended
// record durable for one thread. A store that answers each call after a
// commit of its own cannot be faster than this.
func (p pass) appends(ctx context.Context) (s sample, err error) {
	p.Progress("append + fsync" + p.slower())
	file, err := os.Create(filepath.Join(p.work, "append"))
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	record := make([]byte, recordSize)
	return closedLoop(ctx, p.Duration/2, []caller{func(context.Context) (time.Duration, error) {
		begun := time.Now()
		if _, err := file.Write(record); err != nil {
			return 0, err
		}
		if err := file.Sync(); err != nil {
			return 0, err
		}
		time.Sleep(p.slow)
		return time.Since(begun), nil
	}})
}

func (p pass) slower() string {
	if p.slow == 0 {
		return ""
	}
	return fmt.Sprintf(" (disk slower by %v)", p.slow)
}

// slowStore stands for a store on a slower disk: every commit takes longer.
// It also counts what was committed.
type slowStore struct {
	Store
	slow    time.Duration
	commits atomic.Int64
	events  atomic.Int64
}

// Append implements queue.Store.
func (s *slowStore) Append(ctx context.Context, b queue.Batch) error {
	err := s.Store.Append(ctx, b)
	if err == nil {
		s.commits.Add(1)
		s.events.Add(int64(len(b.Events)))
	}
	time.Sleep(s.slow)
	return err
}

// perCommit is how many events a commit made durable on average.
func (s *slowStore) perCommit() float64 {
	if s.commits.Load() == 0 {
		return 0
	}
	return float64(s.events.Load()) / float64(s.commits.Load())
}

// restart counts anew.
func (s *slowStore) restart() {
	s.commits.Store(0)
	s.events.Store(0)
}
