package pulse

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
)

// The shape of a stream: what the server keeps ahead, silence in front (devices
// swallow the first samples) and behind (so that the clock runs past the last
// word), and the size of the pieces that are sent.
const (
	target   = 200 * time.Millisecond
	lead     = 50 * time.Millisecond
	tail     = 500 * time.Millisecond
	piece    = 32 << 10
	maxAhead = 4 << 20 // What servers take at most, in bytes.
)

// How the end of a clip is found: by asking for the clock, often near the end.
const (
	lookOften  = 10 * time.Millisecond
	lookSeldom = 250 * time.Millisecond
	stallTime  = 2 * time.Second        // A clock that stands still so long is broken.
	lateTime   = 300 * time.Millisecond // A clip that takes so much longer had holes.
)

// errStalled means that the sink's clock stands still.
var errStalled = fmt.Errorf("%w: its clock stands still", ErrSink)

// stream is one clip on its way through a sink.
type stream struct {
	s     *server
	index uint32
	input uint32 // As the server calls the stream in its sink.
	data  []byte
	end   int64         // Byte after the clip's last sample.
	wake  chan struct{} // Has room for one signal that something below changed.

	mu     sync.Mutex
	wanted int // Bytes the server would take now.
	sent   int
	gaps   bool
	killed bool
}

// newStream opens a stream in a sink; an empty name is the default one.
func newStream(s *server, sink string, p audio.PCM) (*stream, error) {
	st := &stream{s: s, data: dataOf(p), wake: make(chan struct{}, 1)}
	st.end = int64(bytesOf(lead) + 2*len(p.Samples))
	var reply proto.CreatePlaybackStreamReply
	err := s.client.Request(&proto.CreatePlaybackStream{
		SampleSpec:            proto.SampleSpec{Format: proto.FormatInt16LE, Channels: 1, Rate: audio.RatePA},
		ChannelMap:            proto.ChannelMap{proto.ChannelMono},
		SinkIndex:             proto.Undefined,
		SinkName:              sink,
		BufferMaxLength:       uint32(min(len(st.data), maxAhead)),
		BufferTargetLength:    uint32(bytesOf(target)),
		BufferPrebufferLength: proto.Undefined,
		BufferMinimumRequest:  proto.Undefined,
		AdjustLatency:         true,
		NoMove:                sink != "", // Rather an error than another zone's loudspeakers.
		ChannelVolumes:        proto.ChannelVolumes{uint32(proto.VolumeNorm)},
		VolumeSet:             true, // Whatever the server remembers of us.
		MutedSet:              true,
		Properties:            proto.PropList{"media.name": proto.PropListString("lời gọi")},
	}, &reply)
	switch {
	case errors.Is(err, proto.ErrNoSuchEntity):
		return nil, fmt.Errorf("%w: %q", ErrSink, sink)
	case err != nil:
		return nil, fmt.Errorf("%w: open a stream: %w", ErrServer, err)
	}
	st.index, st.input, st.wanted = reply.StreamIndex, reply.SinkInputIndex, int(min(reply.BufferMaxLength, maxAhead))
	s.add(st)
	return st, nil
}

// close removes the stream; what was not played yet is not heard.
func (st *stream) close() {
	st.s.remove(st)
	select {
	case <-st.s.closed:
	default:
		_ = st.s.client.Request(&proto.DeletePlaybackStream{StreamIndex: st.index}, nil)
	}
}

// ask, starve and kill are what the server says, on the goroutine that reads.
func (st *stream) ask(bytes int) {
	st.change(func() {
		if st.wanted < maxAhead {
			st.wanted += bytes
		}
	})
}

func (st *stream) starve() {
	st.change(func() { st.gaps = st.gaps || st.sent < len(st.data) })
}

func (st *stream) kill() { st.change(func() { st.killed = true }) }

func (st *stream) change(what func()) {
	st.mu.Lock()
	what()
	st.mu.Unlock()
	select {
	case st.wake <- struct{}{}:
	default:
	}
}

// run feeds the sink until the clip has been heard, and tells whether it had
// holes.
func (st *stream) run(ctx context.Context) (gaps bool, err error) {
	began := time.Now()
	progress := watch{at: began}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if err := st.feed(); err != nil {
			return false, err
		}
		select {
		case <-ctx.Done():
			st.fall()
			return false, ctx.Err()
		case <-st.s.closed:
			return false, ErrServer
		case <-st.wake:
			if st.isKilled() {
				return false, fmt.Errorf("%w: it was taken away", ErrSink)
			}
			continue
		case <-timer.C:
		}
		read, heard, err := st.clock()
		switch now := time.Now(); {
		case err != nil:
			return false, err
		case heard >= st.end:
			return st.holes() || now.Sub(began) > durationOf(st.end)+durationOf(read-heard)+lateTime, nil
		case progress.stands(read, now):
			return false, errStalled
		}
		timer.Reset(min(max(durationOf(st.end-heard), lookOften), lookSeldom))
	}
}

// How a clip that is stopped falls silent: in steps too small to click.
const (
	fadeSteps = 6
	fadeStep  = 5 * time.Millisecond
)

// fall lets the sound fade out instead of breaking off.
func (st *stream) fall() {
	for i := fadeSteps - 1; i >= 0; i-- {
		volume := uint32(proto.VolumeNorm) * uint32(i) / fadeSteps
		if st.s.client.Request(&proto.SetSinkInputVolume{SinkInputIndex: st.input, ChannelVolumes: proto.ChannelVolumes{volume}}, nil) != nil {
			return // It is not heard any more, then.
		}
		time.Sleep(fadeStep)
	}
}

// feed sends what the server would take.
func (st *stream) feed() error {
	for {
		st.mu.Lock()
		n := min(st.wanted, len(st.data)-st.sent, piece)
		from := st.sent
		st.sent += n
		st.wanted -= n
		st.mu.Unlock()
		if n <= 0 {
			return nil
		}
		if err := st.s.client.Send(st.index, st.data[from:from+n]); err != nil {
			return fmt.Errorf("%w: %w", ErrServer, err)
		}
	}
}

// clock tells how many bytes the sink has taken and how many of them sounded.
func (st *stream) clock() (read, heard int64, err error) {
	now := time.Now()
	var reply proto.GetPlaybackLatencyReply
	err = st.s.client.Request(&proto.GetPlaybackLatency{
		StreamIndex: st.index,
		Time:        proto.Time{Seconds: uint32(now.Unix()), Microseconds: uint32(now.Nanosecond() / 1000)},
	}, &reply)
	switch {
	case st.isKilled():
		return 0, 0, fmt.Errorf("%w: it was taken away", ErrSink)
	case err != nil:
		return 0, 0, fmt.Errorf("%w: ask for the clock: %w", ErrServer, err)
	}
	late := time.Duration(min(reply.Latency, mostLatency)) * time.Microsecond
	return reply.ReadIndex, reply.ReadIndex - int64(bytesOf(late)), nil
}

// mostLatency bounds what a server tells: no sink is a minute late.
const mostLatency = proto.Microseconds(60e6)

func (st *stream) isKilled() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.killed
}

func (st *stream) holes() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.gaps
}

// watch notices a clock that stands still.
type watch struct {
	read int64
	at   time.Time
}

func (w *watch) stands(read int64, now time.Time) bool {
	if read != w.read {
		w.read, w.at = read, now
	}
	return now.Sub(w.at) > stallTime
}

// dataOf gives little-endian 16-bit samples between two silences.
func dataOf(p audio.PCM) []byte {
	b := make([]byte, bytesOf(lead), bytesOf(lead)+2*len(p.Samples)+bytesOf(tail))
	for _, v := range p.Int16() {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b[:len(b)+bytesOf(tail)]
}

// bytesOf is the size of d in 16-bit samples.
func bytesOf(d time.Duration) int { return int(int64(d)*audio.RatePA/int64(time.Second)) * 2 }

// durationOf is how long n bytes of 16-bit samples sound.
func durationOf(n int64) time.Duration {
	return time.Duration(n/2) * time.Second / audio.RatePA
}

// faultOf puts an error into words.
func faultOf(err error) error {
	f := &output.Fault{Err: err}
	switch {
	case errors.Is(err, errAddress):
		f.VI, f.EN = "Địa chỉ dịch vụ âm thanh viết sai: sửa trong cấu hình", "wrong address of the sound server: mend the configuration"
	case errors.Is(err, errMuted):
		f.VI, f.EN = "Loa đang tắt tiếng: bật tiếng lại trong phần âm thanh của máy", "the loudspeaker is muted: unmute it in the machine's sound settings"
	case errors.Is(err, ErrSink):
		f.VI, f.EN = "Không thấy loa này trên dịch vụ âm thanh: kiểm tra dây và tên loa trong cấu hình", "the sound server has no such loudspeaker: check the cable, and the sink's name in the configuration"
	default:
		f.VI, f.EN = "Dịch vụ âm thanh không trả lời: khởi động lại PipeWire hoặc PulseAudio, chương trình tự nối lại", "the sound server does not answer: restart PipeWire or PulseAudio; the program connects again by itself"
	}
	return f
}
