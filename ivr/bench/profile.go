package bench

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"
)

// The lines by which a server is asked for more than an Inside: each is a word
// and the name of a file, and is answered by an Inside as every line is.
const (
	askProcessor = "processor" // Note where processor time goes from now on; without a file: that is enough.
	askHeap      = "heap"      // Write down what lives in memory.
)

// profiler writes what a server under test spends, for go tool pprof.
type profiler struct{ running *os.File }

// do follows one line; what it does not know asks for nothing.
func (p *profiler) do(line string) error {
	word, path, _ := strings.Cut(line, " ")
	switch word {
	case askProcessor:
		return errors.Join(p.stop(), p.start(path))
	case askHeap:
		return writeHeap(path)
	}
	return nil
}

func (p *profiler) start(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write a profile: %w", err)
	}
	p.running = f
	return pprof.StartCPUProfile(f)
}

func (p *profiler) stop() error {
	if p.running == nil {
		return nil
	}
	pprof.StopCPUProfile()
	err := p.running.Close()
	p.running = nil
	return err
}

func writeHeap(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write a profile: %w", err)
	}
	return errors.Join(pprof.Lookup("heap").WriteTo(f, 0), f.Close())
}
