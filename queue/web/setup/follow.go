package setup

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// settleProcedures lets the procedures follow the queues, which were those of
// before: one that bears its queue's name keeps doing so, every sample goes to
// the queue whose name fits it best (one that fits none goes, unless samples are
// kept), and a queue that is left without gets one of its own name, so that the
// kiosks offer it. They stand in the order of the queues. An office without any
// procedure needs none: the kiosks offer its queues.
func settleProcedures(s *queue.Setup, before queue.Setup, keepSamples bool) {
	if len(before.Procedures) == 0 || slices.EqualFunc(s.Services, before.Services, sameQueue) {
		return
	}
	for _, v := range s.Services {
		if i := queueAt(before.Services, v.ID); i >= 0 && before.Services[i].Name != v.Name {
			renameOwn(s, before.Services[i], v)
		}
	}
	placeSamples(s, before, keepSamples)
	for _, v := range s.Services {
		if !offered(*s, v.ID) && (changed(before, v) || offered(before, v.ID)) {
			s.Procedures = append(s.Procedures, ownProcedure(*s, v))
		}
	}
	slices.SortStableFunc(s.Procedures, func(a, b queue.Procedure) int {
		return cmp.Compare(queueAt(s.Services, a.Service), queueAt(s.Services, b.Service))
	})
}

func sameQueue(a, b queue.Service) bool { return a.ID == b.ID && a.Name == b.Name }

func queueAt(all []queue.Service, id string) int {
	return slices.IndexFunc(all, func(v queue.Service) bool { return v.ID == id })
}

// changed reports whether a queue is new or has another name than before.
func changed(before queue.Setup, v queue.Service) bool {
	return !slices.ContainsFunc(before.Services, func(o queue.Service) bool { return sameQueue(o, v) })
}

// renameOwn gives the procedure with the queue's old name the new one.
func renameOwn(s *queue.Setup, old, v queue.Service) {
	for i := range s.Procedures {
		p := &s.Procedures[i]
		if p.Service != v.ID || p.Name != old.Name {
			continue
		}
		if p.Field == old.Name {
			p.Field, p.FieldEN = v.Name, v.NameEN
		}
		p.Name, p.NameEN = v.Name, v.NameEN
	}
}

// sampleOf is the sample that a procedure still is, in whatever queue and field.
func sampleOf(p queue.Procedure) (queue.Procedure, bool) {
	for _, o := range queue.CommuneCentre().Procedures {
		seed := o
		o.Service, o.Field, o.FieldEN = p.Service, p.Field, p.FieldEN
		if o == p {
			return seed, true
		}
	}
	return queue.Procedure{}, false
}

func sample(p queue.Procedure) bool {
	_, is := sampleOf(p)
	return is
}

// placeSamples puts the samples of before where they belong now.
func placeSamples(s *queue.Setup, before queue.Setup, keep bool) {
	var all []queue.Procedure
	for _, p := range before.Procedures {
		seed, is := sampleOf(p)
		if !is {
			// As it stands now, which may be under its queue's new name; gone with its queue.
			if i := slices.IndexFunc(s.Procedures, func(o queue.Procedure) bool { return o.ID == p.ID }); i >= 0 {
				all = append(all, s.Procedures[i])
			}
			continue
		}
		if v, ok := bestQueue(*s, before, p.Service, seed, keep); ok {
			all = append(all, placed(p, seed, before, v))
		}
	}
	s.Procedures = all
}

// bestQueue is the queue whose name fits a sample best. One whose queue is as it
// was leaves it only for one that is new or has a new name: the others were
// there to choose before. Of two that fit alike it is the one that is about less.
func bestQueue(s, before queue.Setup, now string, seed queue.Procedure, keep bool) (best queue.Service, ok bool) {
	most := 0.0
	at := queueAt(s.Services, now)
	settled := at >= 0 && !changed(before, s.Services[at])
	if at >= 0 {
		best, most, ok = s.Services[at], fit(s.Services[at].Name, seed), true
	}
	for _, v := range s.Services {
		if settled && !changed(before, v) {
			continue
		}
		f := fit(v.Name, seed)
		if f > most || f == most && f > 0 && len(topics(v.Name)) < len(topics(best.Name)) {
			best, most, ok = v, f, true
		}
	}
	return best, ok && (most > 0 || keep || settled)
}

// placed is a sample in a queue. Its field takes the queue's name where that of
// the sample speaks of more than the queue does.
func placed(p, seed queue.Procedure, before queue.Setup, v queue.Service) queue.Procedure {
	old := queueAt(before.Services, p.Service)
	p.Service = v.ID
	switch {
	case !changed(before, v) && old >= 0 && before.Services[old].ID == v.ID:
	case p.Field != seed.Field && (old < 0 || p.Field != before.Services[old].Name): // The office's own word.
	case fit(v.Name, seed) == 0:
	case slices.ContainsFunc(topics(seed.Field), func(t string) bool { return inCommon(topics(v.Name), pairsOf(t)) == 0 }):
		p.Field, p.FieldEN = v.Name, v.NameEN
	default:
		p.Field, p.FieldEN = seed.Field, seed.FieldEN
	}
	return p
}

// fit tells how well a queue's name fits a sample, 0 (not at all) to 3: what it
// has in common with the part of the field that the sample is about counts twice
// as much as what it has in common with the sample's own name.
func fit(name string, p queue.Procedure) float64 {
	queueTopics, own := topics(name), pairsOf(topics(p.Name)...)
	var about []string
	for _, t := range topics(p.Field) {
		if inCommon([]string{t}, own) > 0 {
			about = append(about, t)
		}
	}
	if all := topics(p.Field); about == nil && len(all) > 0 { // Its name says none of them: what leads.
		about = all[:1]
	}
	return 2*inCommon(queueTopics, pairsOf(about...)) + inCommon(queueTopics, own)
}

// between parts a name, without its marks, into topics: signs, "and", and words
// that any procedure may have.
var between = regexp.MustCompile(`[^a-z0-9 ]+|\b(va|hoac|dang ky|thu tuc|ho so|giai quyet|linh vuc|hanh chinh)\b`)

// topics are what a name speaks of, without marks.
func topics(name string) (list []string) {
	for _, t := range between.Split(strings.ToLower(plain(name)), -1) {
		if t = strings.Join(strings.Fields(t), " "); t != "" {
			list = append(list, t)
		}
	}
	return list
}

// pairsOf are the pairs of neighbouring syllables of topics, since most words of
// Vietnamese have two and one alone says little; and every syllable, for topics
// that have but one.
func pairsOf(topics ...string) map[string]bool {
	pairs := map[string]bool{}
	for _, t := range topics {
		words := strings.Fields(t)
		for i, w := range words {
			pairs[w] = true
			if i > 0 {
				pairs[words[i-1]+" "+w] = true
			}
		}
	}
	return pairs
}

// inCommon is the share of a topic that is among pairs, 0 to 1, of the topic that
// has most.
func inCommon(topics []string, pairs map[string]bool) (most float64) {
	for _, t := range topics {
		words := strings.Fields(t)
		if len(words) == 1 {
			if pairs[t] {
				return 1
			}
			continue
		}
		both := 0
		for i := 1; i < len(words); i++ {
			if pairs[words[i-1]+" "+words[i]] {
				both++
			}
		}
		most = max(most, float64(both)/float64(len(words)-1))
	}
	return most
}
