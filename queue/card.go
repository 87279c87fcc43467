package queue

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"
)

// Card is a priority card (thẻ ưu tiên): staff hand it out once they have seen
// that its holder is entitled, and it is shown again at every visit. It names
// nobody.
type Card struct {
	ID    string    `json:"id"` // Decimal seq of the event that issued it.
	Kind  string    `json:"kind,omitempty"`
	Until time.Time `json:"until,omitzero"` // Its last day.
	Text  string    `json:"-"`              // What its QR code says: letters, digits and dashes.
}

// cardMark begins every card's text, so that a scanner's wedge can be told
// from typing.
const cardMark = "XM1"

// cardMAC is the length of the authenticator in bytes: 2^80 guesses.
const cardMAC = 10

// cardDay is how a card says its last day.
const cardDay = "20060102"

// cardText signs a card. It fits the alphanumeric mode of QR codes.
func (s *state) cardText(c Card) string {
	body := strings.Join([]string{cardMark, c.ID, c.Until.In(s.location).Format(cardDay), strings.ToUpper(c.Kind)}, "-")
	return body + "-" + s.cardSign(body)
}

func (s *state) cardSign(body string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte("card\x00" + s.office + "\x00" + body))
	return base32.StdEncoding.EncodeToString(mac.Sum(nil)[:cardMAC])
}

// maxCard bounds what a scanner may send, in bytes.
const maxCard = 128

// checkCard refuses a card that this office did not sign, or does not honour
// any more.
func (s *state) checkCard(text string, now time.Time) error {
	text = strings.ToUpper(strings.TrimSpace(text))
	body, sign, ok := cutLast(text, "-")
	parts := strings.SplitN(body, "-", 4)
	if !ok || len(s.secret) == 0 || len(text) > maxCard || len(parts) != 4 || !hmac.Equal([]byte(sign), []byte(s.cardSign(body))) {
		return Errorf(CodeCardInvalid, "this is no card of this office")
	}
	until, err := time.ParseInLocation(cardDay, parts[2], s.location)
	switch {
	case err != nil:
		return Errorf(CodeCardInvalid, "this is no card of this office")
	case !now.Before(until.AddDate(0, 0, 1)):
		return Errorf(CodeCardInvalid, "the card was good until %s", until.Format(dateLayout))
	}
	if _, gone := s.revoked[parts[1]]; gone {
		return Errorf(CodeCardInvalid, "the card was revoked")
	}
	return nil
}

// cardID is the id in a card's text, which checkCard has found good.
func cardID(text string) string { return strings.Split(strings.TrimSpace(text), "-")[1] }

// cutLast is strings.Cut at the last separator.
func cutLast(text, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}
