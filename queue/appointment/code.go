package appointment

import (
	"crypto/rand"
	"math/big"
	"strconv"

	"github.com/xinmoi/xinmoi/queue"
)

// kindOfCode is what the digits of a booking's code leave under the check
// digit's scheme; those of a ticket's lookup code leave 0 (queue.ParseCode). So
// the two kinds are told apart by their digits alone, none is ever the other,
// and every single wrong digit and every swap of neighbours is still caught.
const kindOfCode = 5

// ParseCode reads a booking's code as people give it, with spaces, dots and
// dashes between the digits. ok is false for anything else, a ticket's code
// among it.
func ParseCode(s string) (code string, ok bool) {
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			code += string(r)
		case r != ' ' && r != '.' && r != '-' && r != '\u00a0':
			return "", false
		}
		if len(code) > queue.CodeLength {
			return "", false
		}
	}
	if len(code) != queue.CodeLength || after(remainder(code[:queue.CodeLength-1]), code[queue.CodeLength-1]) != kindOfCode {
		return "", false
	}
	return code, true
}

// FormatCode writes a code the way it is read out: "123 456 789".
func FormatCode(code string) string {
	if len(code) != queue.CodeLength {
		return code
	}
	return code[:3] + " " + code[3:6] + " " + code[6:]
}

// remainder is what eight digits leave: the digit that makes a ticket's code of
// them, since 0 is left of whole ones.
func remainder(digits string) byte {
	for d := byte('0'); d <= '9'; d++ {
		if _, ok := queue.ParseCode(digits + string(rune(d))); ok {
			return d - '0'
		}
	}
	return 0
}

// after is what is left when another digit follows what left rest: leading
// zeros change nothing, so some last digit of "000000x" leaves it again.
func after(rest, digit byte) byte {
	for x := byte('0'); x <= '9'; x++ {
		if remainder("0000000"+string(rune(x))) == rest {
			return remainder("000000" + string(rune(x)) + string(rune(digit)))
		}
	}
	return 0
}

// newCode draws a code.
func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1e8))
	if err != nil {
		return "", err
	}
	digits := strconv.FormatInt(n.Int64()+1e8, 10)[1:]
	rest := remainder(digits)
	for d := byte('0'); d <= '9'; d++ {
		if after(rest, d) == kindOfCode {
			return digits + string(rune(d)), nil
		}
	}
	return "", queue.Errorf(queue.CodeInternal, "no check digit")
}
