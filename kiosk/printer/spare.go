package printer

import "context"

// spare prints with the first printer, and with the second what the first
// surely did not print.
type spare struct{ first, second Printer }

// WithSpare puts a second printer behind the first. An unknown outcome is not
// printed again: the screen asks the citizen.
func WithSpare(first, second Printer) Printer { return spare{first, second} }

// Print implements Printer.
func (s spare) Print(ctx context.Context, j Job) (Outcome, error) {
	outcome, err := s.first.Print(ctx, j)
	if outcome != Failed || ctx.Err() != nil {
		return outcome, err
	}
	if again, second := s.second.Print(ctx, j); again != Failed {
		return again, second
	}
	return outcome, err
}

// Status implements Printer: of the first, unless only the second works.
func (s spare) Status() Status {
	first, second := s.first.Status(), s.second.Status()
	shown := first
	if !first.State.Works() && second.State.Works() {
		shown = second
	}
	shown.Printed, shown.Assumed = first.Printed+second.Printed, first.Assumed+second.Assumed
	shown.Failed, shown.Unknown = first.Failed+second.Failed, first.Unknown+second.Unknown
	if shown.MayRepeat == "" {
		shown.MayRepeat = first.MayRepeat + second.MayRepeat
	}
	return shown
}
