package announce

// The reasons for which a call is not spoken, or not spoken again.
const (
	ReasonMerged     = "merged"      // The same ticket was waiting already; that call is repeated once more.
	ReasonSuperseded = "superseded"  // The counter has called another ticket since, or the ticket was called again.
	ReasonAnswered   = "answered"    // The ticket is no longer called at that counter.
	ReasonQuiet      = "quiet"       // A silent time of the zone: the boards show the call.
	ReasonPaused     = "paused"      // Staff have paused the zone: the boards show the call.
	ReasonBusy       = "busy"        // A periodic message found no pause among the calls.
	ReasonWithdrawn  = "withdrawn"   // Staff took the message back.
	ReasonExpired    = "expired"     // Waited longer than a minute.
	ReasonFull       = "full"        // Too many calls waiting.
	ReasonNoOutput   = "no output"   // Every output failed, for as long as a call may wait.
	ReasonUnheard    = "unheard"     // No loudspeaker and no board with sound: it was recorded only.
	ReasonUnspeaking = "unspeakable" // The sentence could not be rendered.
	ReasonStopped    = "stopped"     // The program ends.
)

// End is how a call ended, in one word.
type End string

// The ends: every call comes to exactly one in every zone that it goes to.
const (
	EndPlayed     End = "played"     // Heard in full.
	EndMerged     End = "merged"     // Heard together with another number, or taken into the waiting call of the same ticket; see Outcome.With.
	EndSuperseded End = "superseded" // A later call of the counter or of the ticket took its place.
	EndAnswered   End = "answered"   // Nobody had to be called any more.
	EndQuiet      End = "quiet"      // Shown and not said, as the office wants it.
	EndAlarmed    End = "alarmed"    // Shown and not said, and somebody was told.
)

// Ends lists every end.
func Ends() []End {
	return []End{EndPlayed, EndMerged, EndSuperseded, EndAnswered, EndQuiet, EndAlarmed}
}

// End tells how the call ended.
func (o Outcome) End() End {
	switch {
	case o.Spoken() && o.With == "":
		return EndPlayed
	case o.Spoken():
		return EndMerged
	}
	switch o.Reason {
	case ReasonMerged:
		return EndMerged
	case ReasonSuperseded, ReasonBusy, ReasonWithdrawn:
		return EndSuperseded
	case ReasonAnswered:
		return EndAnswered
	case ReasonQuiet, ReasonPaused:
		return EndQuiet
	}
	return EndAlarmed
}

// unsaid reports whether nobody said the call though its citizen should come:
// the boards show it at once.
func (o Outcome) unsaid() bool {
	end := o.End()
	return o.Call.Ticket != "" && (end == EndQuiet || end == EndAlarmed) && o.Reason != ReasonStopped
}
