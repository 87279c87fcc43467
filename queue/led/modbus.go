package led

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

// Modbus function codes (Modbus application protocol V1.1b3 §6).
const (
	writeOne  = 0x06 // Write Single Register.
	writeMany = 0x10 // Write Multiple Registers.
	failed    = 0x80 // Set in the answer's function code: an exception.
)

// Lengths of frames.
const (
	answerLength    = 8 // Address, function, register, count or value, CRC.
	exceptionLength = 5 // Address, function, code, CRC.
)

// Exception is a panel's refusal (§7).
type Exception byte

// The exceptions that mean something to a panel.
const (
	IllegalFunction Exception = 1
	IllegalAddress  Exception = 2
	IllegalValue    Exception = 3
	DeviceFailure   Exception = 4
	Acknowledge     Exception = 5 // It has understood and is at it.
	Busy            Exception = 6
)

// Error says the refusal to who set the panel up.
func (e Exception) Error() string {
	words := map[Exception]string{
		IllegalFunction: "does not know this function",
		IllegalAddress:  "has no such register: set register and fields as its manual says",
		IllegalValue:    "does not take this value: set fields as its manual says",
		DeviceFailure:   "has failed: switch it off and on",
		Acknowledge:     "is still at it",
		Busy:            "is busy",
	}[e]
	if words == "" {
		words = "refuses"
	}
	return fmt.Sprintf("the panel %s (Modbus exception %d)", words, byte(e))
}

// crc16 is the checksum of Modbus RTU: polynomial 0xA001 reflected, begun with
// 0xFFFF; the low byte goes first (Modbus over serial line V1.02 §2.5.1.2).
func crc16(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, c := range b {
		crc ^= uint16(c)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0xA001
			} else {
				crc >>= 1
			}
		}
	}
	return crc
}

// sealed adds the checksum.
func sealed(b []byte) []byte { return binary.LittleEndian.AppendUint16(b, crc16(b)) }

// registers are a panel's registers for a sign.
func registers(p Panel, s Sign) (values []uint16) {
	counter, _ := strconv.ParseUint(s.Counter, 10, 16) // Not a number: 0.
	for _, field := range p.Fields {
		switch field {
		case FieldCounter:
			values = append(values, uint16(counter))
		case FieldLetter:
			letter := uint16(0)
			if s.Number.Prefix != "" {
				letter = uint16(s.Number.Prefix[0])
			}
			values = append(values, letter)
		case FieldNumber:
			values = append(values, uint16(s.Number.N))
		case FieldState:
			values = append(values, uint16(s.state()))
		case FieldText:
			text := fmt.Sprintf("%-*.*s", 2*textRegisters, 2*textRegisters, shownNumber(s))
			for i := 0; i < len(text); i += 2 {
				values = append(values, uint16(text[i])<<8|uint16(text[i+1]))
			}
		}
	}
	return values
}

// shownNumber is the printed number; nothing when dark.
func shownNumber(s Sign) string {
	if s.Number.IsZero() {
		return ""
	}
	return s.Number.String()
}

// manyFrame asks to write values from a register on.
func manyFrame(unit, register int, values []uint16) []byte {
	b := []byte{byte(unit), writeMany, byte(register >> 8), byte(register), 0, byte(len(values)), byte(2 * len(values))}
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return sealed(b)
}

// oneFrame asks to write one register.
func oneFrame(unit, register int, value uint16) []byte {
	return sealed([]byte{byte(unit), writeOne, byte(register >> 8), byte(register), byte(value >> 8), byte(value)})
}

// Why an answer is none.
var (
	errChecksum = errors.New("the answer is garbled (checksum): check cable, termination, baud and parity")
	errOther    = errors.New("the answer is not to what was asked: check that no two panels have one address")
)

// wanted tells how long an answer is, by its first two bytes.
func wanted(b []byte) int {
	if len(b) > 1 && b[1]&failed != 0 {
		return exceptionLength
	}
	return answerLength
}

// checkAnswer reports whether an answer says that a request was done.
func checkAnswer(request, answer []byte) error {
	if len(answer) < exceptionLength || len(answer) != wanted(answer) {
		return fmt.Errorf("%d bytes came: %w", len(answer), errChecksum)
	}
	end := len(answer) - 2
	switch {
	case binary.LittleEndian.Uint16(answer[end:]) != crc16(answer[:end]):
		return errChecksum
	case answer[0] != request[0] || answer[1]&^failed != request[1]:
		return errOther
	case answer[1]&failed != 0:
		return Exception(answer[2])
	case !bytes.Equal(answer[2:end], request[2:6]): // Register, and count or value.
		return errOther
	}
	return nil
}

// modbus writes holding registers. Where a panel does not know how to write
// several at once, they are written one by one.
type modbus struct{}

// Show implements Driver.
func (modbus) Show(ctx context.Context, l *Line, p Panel, s Sign) error {
	values := registers(p, s)
	err := ask(ctx, l, p, manyFrame(p.Unit, p.Register, values))
	if !errors.Is(err, IllegalFunction) {
		return err
	}
	for i, v := range values {
		if err := ask(ctx, l, p, oneFrame(p.Unit, p.Register+i, v)); err != nil {
			return err
		}
	}
	return nil
}

// ask sends a request and waits for its answer.
func ask(ctx context.Context, l *Line, p Panel, request []byte) error {
	if err := l.Send(ctx, request, p.Timeout); err != nil {
		return err
	}
	var answer []byte
	for deadline := l.Deadline(len(request)+answerLength, p.Timeout); ; {
		b, err := l.Receive(deadline)
		if err != nil {
			return err
		}
		answer = append(answer, b...)
		if done, err := judge(request, &answer); done {
			return err
		}
	}
}

// judge tells whether what came so far decides a request, and how. Adapters for
// two wires may hear themselves: their own words are taken away.
func judge(request []byte, answer *[]byte) (done bool, err error) {
	for {
		a := *answer
		if len(a) < wanted(a) {
			return false, nil
		}
		err = checkAnswer(request, a[:wanted(a)])
		echo := len(request) > answerLength && bytes.HasPrefix(request, a[:min(len(a), len(request))])
		switch {
		case errors.Is(err, Acknowledge):
			return true, nil
		case !errors.Is(err, errChecksum) || !echo:
			return true, err
		case len(a) < len(request):
			return false, nil
		}
		*answer = a[len(request):]
	}
}
