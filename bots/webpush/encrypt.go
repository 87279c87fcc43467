package webpush

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Lengths of the content coding "aes128gcm" (RFC 8188 §2.1).
const (
	saltLength = 16
	recordSize = 4096 // What every service takes (RFC 8030 §7.2), in one record.
	overhead   = 16 + 1
	headLength = saltLength + 4 + 1 + 65

	// maxPayload is how much can be told, in bytes.
	maxPayload = recordSize - overhead - headLength
)

// seal encrypts a message so that the browser of s alone can read it (RFC 8291).
func seal(s subscription, text []byte) ([]byte, error) {
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	salt := make([]byte, saltLength)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	return sealWith(s, own, salt, text)
}

// sealWith is seal with a given key and salt, which are used once.
func sealWith(s subscription, own *ecdh.PrivateKey, salt, text []byte) ([]byte, error) {
	if len(text) > maxPayload {
		return nil, fmt.Errorf("a message of %d bytes; %d can be pushed", len(text), maxPayload)
	}
	shared, err := own.ECDH(s.key)
	if err != nil {
		return nil, err
	}
	sender := own.PublicKey().Bytes()
	input, err := hkdf.Key(sha256.New, shared, s.auth, "WebPush: info\x00"+string(s.key.Bytes())+string(sender), 32)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, input, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, input, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	out := append(make([]byte, 0, headLength+len(text)+overhead), salt...)
	out = binary.BigEndian.AppendUint32(out, recordSize)
	out = append(append(out, byte(len(sender))), sender...)
	const last = 2 // The delimiter of the last record (RFC 8188 §2).
	return aead.Seal(out, nonce, append(text[:len(text):len(text)], last), nil), nil
}
