package sip

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// The one suite of encrypted sound that every telephone has (RFC 4568 §6.2.1):
// a key of 16 bytes and a salt of 14.
const (
	cryptoSuite  = "AES_CM_128_HMAC_SHA1_80"
	cryptoKey    = 16
	cryptoBytes  = cryptoKey + 14
	maxCrypto    = 8 // Lines of one media section that are looked at.
	maxCryptoTag = 999_999_999
	offerCrypto  = "1" // The tag of our own offers.
)

// crypto is one a=crypto line that can be used (RFC 4568 §9.1).
type crypto struct {
	Tag string
	Key [cryptoBytes]byte // Key and salt of who wrote it.
}

// parseCrypto reads "1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^31|1:4"; ok is
// false for other suites, and for parameters that change what the suite does.
func parseCrypto(value string) (c crypto, ok bool) {
	f := strings.Fields(value)
	if len(f) < 3 || !strings.EqualFold(f[1], cryptoSuite) {
		return c, false
	}
	if n, err := strconv.ParseUint(f[0], 10, 32); err != nil || n > maxCryptoTag {
		return c, false
	}
	for _, parameter := range f[3:] {
		if name, _, _ := strings.Cut(strings.ToUpper(parameter), "="); name != "WSH" { // Only a hint (§6.3.6).
			return c, false
		}
	}
	method, info, _ := strings.Cut(f[2], ":")
	text, more, _ := strings.Cut(info, "|")
	if !strings.EqualFold(method, "inline") || strings.Contains(f[2], ";") || strings.Contains(more, ":") {
		return c, false // Several keys, or a master key identifier in every packet.
	}
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil || len(key) != cryptoBytes {
		return c, false
	}
	c.Tag = f[0]
	copy(c.Key[:], key)
	return c, true
}

// cryptoLine writes a line with our key.
func cryptoLine(tag string, key [cryptoBytes]byte) string {
	return fmt.Sprintf("a=crypto:%s %s inline:%s\r\n", tag, cryptoSuite, base64.StdEncoding.EncodeToString(key[:]))
}

// newCryptoKey makes the key that we send with.
func newCryptoKey() (key [cryptoBytes]byte) {
	_, _ = rand.Read(key[:]) // Never fails (crypto/rand).
	return key
}

// encrypted reports whether a media line is for encrypted sound.
func (m *mediaLine) encrypted() bool {
	return m.Protocol == "RTP/SAVP" || m.Protocol == "RTP/SAVPF"
}
