//go:build e2e

package e2e

import "testing"

// TestAppointmentAtTelephoneProcess: who calls a telephone process is offered the
// half-hours of the office, and books one there.
func TestAppointmentAtTelephoneProcess(t *testing.T) {
	t.Parallel()
	s := start(t, "", voiceConfig(t, ""))
	atHour(t, s, 8)
	p := answerFor(t, s, voiceConfig(t, ""))
	call(t, &server{t: t, sip: p.sip}, "0912345672", `expect "Xin chào,"`, "press 5", hear(t, "vi", "book-service"), "press 1", hear(t, "vi", "book-day"), "press 1",
		hear(t, "vi", "book-part"), "press 2", hear(t, "vi", "book-time"), "press 1", hear(t, "vi", "book-check"), "press 1", hear(t, "vi", "book-requested"), "hangup")
	if all := s.bookings(); len(all) != 1 || all[0].State != "requested" {
		t.Errorf("booked: %+v", all)
	}
}
