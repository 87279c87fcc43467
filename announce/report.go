package announce

// Report tells how a sentence became sound, so that every fallback is seen.
type Report struct {
	Steps       []Step
	Placeholder []string // Phrases that the voice behind spoke, since the voice lacks them.
	Synthesised []string // Phrases without a clip that a synthesiser spoke.
	Missing     []string // Phrases that could not be spoken at all.
	Faults      []error  // Clips and syntheses that failed; the phrases are also in Missing or Synthesised.
	Unspoken    string   // Language of the ticket that the voice lacks; the call is in Vietnamese only.
	ChimeOnly   bool     // Nothing could be spoken; a chime or tone stands for it.
}

// OK reports whether every word was spoken from the voice's own clips.
func (r Report) OK() bool {
	return len(r.Placeholder) == 0 && len(r.Synthesised) == 0 && len(r.Missing) == 0 && len(r.Faults) == 0
}
