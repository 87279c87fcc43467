package sip

import (
	"fmt"
	"net/netip"
	"sync"

	"github.com/pion/srtp/v3"

	"github.com/xinmoi/xinmoi/ivr/media"
)

// replayWindow is how far packets may come out of order (RFC 3711 §3.3.2).
const replayWindow = 64

// mayEncrypt reports whether keys may be told: by TLS, where nobody reads them
// on the way, or where the configuration takes the risk.
func (c *Call) mayEncrypt() bool {
	return c.dialog.transport == "TLS" || c.ep.cfg.SRTPInClear || c.leg.local.Secure
}

// agree is agree for this call.
func (c *Call) agree(d description) (*agreement, error) {
	d.Secure = c.mayEncrypt()
	return agree(d)
}

// wire is the way of a call's packets to the network. Once keys were agreed
// nothing leaves unencrypted and nothing unencrypted is heard (RFC 3711).
type wire struct {
	socket media.Socket

	mu      sync.Mutex
	ours    *srtp.Context // Nil: in the clear.
	theirs  *srtp.Context
	inKey   [cryptoBytes]byte
	scratch []byte
}

// secure takes over the keys of an agreement; nil keys mean in the clear. A
// key that stays keeps its packet counters.
func (w *wire) secure(ours [cryptoBytes]byte, theirs *crypto) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if theirs == nil {
		w.ours, w.theirs = nil, nil
		return nil
	}
	if w.theirs != nil && w.inKey == theirs.Key {
		return nil
	}
	in, err := newContext(theirs.Key)
	if err != nil {
		return err
	}
	if w.ours == nil {
		if w.ours, err = newContext(ours); err != nil {
			return err
		}
	}
	w.theirs, w.inKey = in, theirs.Key
	return nil
}

func newContext(key [cryptoBytes]byte) (*srtp.Context, error) {
	c, err := srtp.CreateContext(key[:cryptoKey], key[cryptoKey:], srtp.ProtectionProfileAes128CmHmacSha1_80,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	if err != nil {
		return nil, fmt.Errorf("set up encryption of sound: %w", err)
	}
	return c, nil
}

// Send implements rtp.Sender.
func (w *wire) Send(packet []byte, to netip.AddrPort) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ours != nil {
		var err error
		if w.scratch, err = w.ours.EncryptRTP(w.scratch[:0], packet, nil); err != nil {
			return fmt.Errorf("encrypt sound: %w", err)
		}
		packet = w.scratch
	}
	return w.socket.Send(packet, to)
}

// seal encrypts a report where keys were agreed; nil when it cannot.
func (w *wire) seal(report []byte) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ours == nil {
		return report
	}
	sealed, err := w.ours.EncryptRTCP(nil, report, nil)
	if err != nil {
		return nil
	}
	return sealed
}

// open decrypts a packet or report in place where keys were agreed; nil when
// it is not from who has the key.
func (w *wire) open(data []byte, report bool) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.theirs == nil {
		return data
	}
	var err error
	if report {
		data, err = w.theirs.DecryptRTCP(data, data, nil)
	} else {
		data, err = w.theirs.DecryptRTP(data, data, nil)
	}
	if err != nil {
		return nil
	}
	return data
}
