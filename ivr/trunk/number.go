package trunk

import (
	"errors"
	"fmt"
	"strings"

	"github.com/xinmoi/xinmoi/ivr/media"
)

// ErrForbidden says that a number is none that the office may call.
var ErrForbidden = errors.New("only Vietnamese mobile and landline numbers are called")

// geographicPrefixes are the area codes of the fixed network since 2017
// (Circular 22/2014/TT-BTTTT), without the leading 0.
const geographicPrefixes = "203 204 205 206 207 208 209 210 211 212 213 214 215 216 218 219 220 221 222 225 226 227 228 229 " +
	"232 233 234 235 236 237 238 239 24 251 252 254 255 256 257 258 259 260 261 262 263 269 270 271 272 273 274 275 276 277 28 " +
	"290 291 292 293 294 296 297 299"

// Callable gives the E.164 form of a number that the office may call: a mobile
// or landline number of Viet Nam, however written. Everything else is
// ErrForbidden: abroad, 1800, 1900, short codes, satellite.
func Callable(number string) (string, error) {
	e164 := media.NormalizeCaller(number)
	national, ok := strings.CutPrefix(e164, "+84")
	if !ok || !mobile(national) && !geographic(national) {
		return "", fmt.Errorf("%w: %s", ErrForbidden, media.MaskNumber(number))
	}
	return e164, nil
}

// Mobile reports whether a number that is Callable belongs to a mobile
// telephone, which can take a message.
func Mobile(e164 string) bool {
	national, ok := strings.CutPrefix(e164, "+84")
	return ok && mobile(national)
}

// mobile checks nine digits that begin like a mobile number (03, 05, 07, 08, 09).
func mobile(n string) bool {
	return len(n) == 9 && strings.IndexByte("35789", n[0]) >= 0
}

// geographic checks ten digits behind an area code.
func geographic(n string) bool {
	if len(n) != 10 || n[0] != '2' {
		return false
	}
	for code := range strings.FieldsSeq(geographicPrefixes) {
		if strings.HasPrefix(n, code) {
			return true
		}
	}
	return false
}

// dialled writes an E.164 number as a trunk wants it.
func (p prepared) dialled(e164 string) string {
	digits := strings.TrimPrefix(e164, "+")
	switch p.Dial {
	case dialE164:
		return p.Prefix + "+" + digits
	case dial84:
		return p.Prefix + digits
	}
	return p.Prefix + "0" + strings.TrimPrefix(digits, "84")
}
