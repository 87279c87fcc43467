package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

// ErrPortTaken says that another program listens on the address. The error
// that wraps it names network and address.
var ErrPortTaken = errors.New("the SIP port is taken by another program; stop it or choose another address")

// Config sets up a Server. Only Addr and Answer are required.
type Config struct {
	Addr      string     // "127.0.0.1:5060"; port 0 chooses a free one.
	Advertise netip.Addr // Address told to the far end in Contact and SDP; by default the one that leads to it.

	// Answer leads the conversation of one call. It runs in its own goroutine
	// from the moment the caller can hear, never before it has acknowledged
	// our answer; the call is hung up when it returns. ctx outlives the call by 10 s, so that a decision made in the
	// last second can be stored, and ends early only when a shutdown will not
	// wait longer.
	Answer func(ctx context.Context, c *Call)

	TLS         *tls.Config // Certificates for calls by TLS on TLSAddr; nil = none are taken. At least TLS 1.2 is spoken.
	SRTPInClear bool        // Take keys for encrypted sound (SRTP) also by UDP and TCP, where others may read them; by default only by TLS.
	TLSAddr     string      // "0.0.0.0:5061"; by default the address of Addr with a free port.

	Door  Door                                           // Who may talk to us; nil = everybody.
	Trace func(callID string, sent bool, message []byte) // Gets every SIP message as it was on the wire; must not block. Nil = nobody.
	Leave func(ctx context.Context)                      // Called when Run begins to stop and can still send; trunks unregister in it. Nil = nothing.
	Lost  func(remote netip.AddrPort)                    // Called when a connection that we opened (TCP, TLS) is closed. Nil = nobody is told.

	// Early gives what a caller hears in place of an answer, such as that the
	// office is closed: early media (183), which costs the caller nothing, and
	// then 480. Nil for a call, or as function, answers. It is asked only where
	// the caller surely is: by a trunk of Door, or with reliable responses.
	Early func(c *Call) *rtp.Prompt

	Network Network // Where sockets come from; by default this machine's.

	Wheel  *rtp.Wheel   // Paces the sound; by default an own one, turned by Run.
	Logger *slog.Logger // By default nothing is logged.

	MaxCalls     int           // Calls at a time; more get 503 with Retry-After. By default 500.
	MaxPerSource int           // Calls at a time from one address (IPv6: /64 network); by default half of MaxCalls. Loopback is not limited.
	RTPPorts     [2]uint16     // First and last port for sound; by default any free ones.
	Ring         time.Duration // How long to ring (180) before the answer; by default not at all.

	FirstMedia time.Duration // A call that stays silent from the start ends; by default after 20 s.
	Media      time.Duration // A call that falls silent ends; by default after 10 s. Not while on hold.
	MaxCall    time.Duration // No call lasts longer; by default 10 min.
	Drain      time.Duration // How long running calls may finish their sentence at shutdown; by default 8 s.
	Rate       int           // Messages a second from one source, beyond which UDP ones are dropped and TCP ones wait; by default 200. Loopback is not limited.

	t1       time.Duration // Timer T1 of RFC 3261 for repeating 200; shorter in tests.
	tcpFirst time.Duration // A TCP connection without any proper request is closed; by default after 12 s.
}

// Timers of RFC 3261 §17.1.1.1 and our own.
const (
	defaultT1   = 500 * time.Millisecond
	t2          = 4 * time.Second
	noWord      = 12                     // Timers T1 until a call is given up whose far end has sent nothing since its INVITE: 6 s, four times our 200.
	ackPatience = 200 * time.Millisecond // A re-INVITE waits so long for the ACK before it.
	pickUp      = 400 * time.Millisecond // The conversation begins with the first packet, or after this time.
	lastWord    = 200 * time.Millisecond // From the last word to the BYE, for the far end's jitter buffer.
	settleTime  = 30 * time.Second       // Longest wait for a running prompt before a BYE.
	byeTime     = 2 * time.Second        // Longest wait for the answer to a BYE when nobody waits for it.
	tcpFirst    = 12 * time.Second       // From a TCP connection to its first proper request.
	afterlife   = 10 * time.Second       // How long the context of Answer outlives its call.
	retryAfter  = 30                     // Seconds, told to callers who are refused.
)

func (c Config) withDefaults() Config {
	or := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	or(&c.FirstMedia, 20*time.Second)
	or(&c.Media, 10*time.Second)
	or(&c.MaxCall, 10*time.Minute)
	or(&c.Drain, 8*time.Second)
	or(&c.t1, defaultT1)
	or(&c.tcpFirst, tcpFirst)
	if c.MaxCalls <= 0 {
		c.MaxCalls = 500
	}
	if c.MaxPerSource <= 0 {
		c.MaxPerSource = max(1, c.MaxCalls/2)
	}
	if c.Rate <= 0 {
		c.Rate = 200
	}
	if c.Network == nil {
		c.Network = machine{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}
