package queue

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"time"
)

// A hall code changes every hallStep and is believed for hallSteps of them:
// whoever reads it off a screen has two minutes to give it back.
const (
	hallStep  = time.Minute
	hallSteps = 3
)

// HallCode is the code of six digits that a screen in the hall shows at a time:
// who gives it back has been there. It is worth something only while it is
// shown nowhere else. The secret must not be empty.
func HallCode(secret []byte, office string, at time.Time) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(append([]byte("hall\x00"+office), 0), uint64(at.UnixMilli()/hallStep.Milliseconds())))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(mac.Sum(nil))%1_000_000)
}

// IsHallCode reports whether a code is, or was a moment ago, shown in the hall.
func IsHallCode(secret []byte, office, code string, at time.Time) bool {
	right := 0
	for n := range hallSteps {
		right |= subtle.ConstantTimeCompare([]byte(code), []byte(HallCode(secret, office, at.Add(-time.Duration(n)*hallStep))))
	}
	return right == 1 && len(secret) > 0
}
