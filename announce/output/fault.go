package output

import (
	"errors"
	"fmt"
)

// Fault is an error of an output in words for the person who has to mend it:
// what is wrong and what to do next.
type Fault struct {
	VI  string // "Mất thiết bị âm thanh: kiểm tra dây loa".
	EN  string // The same in English.
	Err error  // The cause; may be nil.
}

// Error gives both languages and the cause.
func (f *Fault) Error() string {
	if f.Err == nil {
		return f.Words()
	}
	return f.Words() + ": " + f.Err.Error()
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// Words gives both languages without the cause.
func (f *Fault) Words() string { return fmt.Sprintf("%s (%s)", f.VI, f.EN) }

// words describes any error for people.
func words(err error) string {
	var f *Fault
	if errors.As(err, &f) {
		return f.Error()
	}
	return fmt.Sprintf("Lỗi đầu ra âm thanh: bấm thử loa, xem nhật ký (sound output failed: test it, see the log): %v", err)
}
