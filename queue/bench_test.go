package queue_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// appendRate is how often per second this disk makes 512 appended bytes
// durable for one writer: what a store without group commit could reach at best.
func appendRate(b *testing.B) float64 {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "append"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	record := make([]byte, 512)
	n, begun := 0, time.Now()
	for time.Since(begun) < 500*time.Millisecond {
		if _, err := f.Write(record); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		n++
	}
	return float64(n) / time.Since(begun).Seconds()
}

// BenchmarkTake takes durable numbers and compares with plain append + fsync
// on the same disk in the same run.
func BenchmarkTake(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			e := start(b, queue.Config{Store: openSQLite(b), Links: links()})
			plain := appendRate(b)
			var left atomic.Int64
			left.Store(int64(b.N))
			b.ResetTimer()
			begun := time.Now()
			var takers sync.WaitGroup
			for range callers {
				takers.Go(func() {
					for n := left.Add(-1); n >= 0; n = left.Add(-1) {
						r := queue.TakeRequest{Meta: queue.Meta{Key: fmt.Sprint(n), Caller: "bench"}, Service: "A", Channel: queue.Kiosk}
						if _, err := e.Take(context.Background(), r); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			takers.Wait()
			rate := float64(b.N) / time.Since(begun).Seconds()
			b.ReportMetric(rate, "tickets/s")
			b.ReportMetric(plain, "fsyncs/s")
			b.ReportMetric(rate/plain, "ratio")
		})
	}
}
