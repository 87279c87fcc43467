package report

// For gives one agency's part of the figures, where several share a hall: what
// became of its services' tickets, its services, its counters, the calls of its
// tickets out of order, and when its services gave no numbers. What is not
// counted by agency is left out, and a note says so. An agency that the day
// does not know has no part in it; the empty agency stands for all.
//
// A counter's line is all that it did, for other agencies' tickets, too.
func (f Figures) For(agency string) Figures {
	if agency == "" {
		return f
	}
	f.Total = Group{}
	own := []Group{}
	for _, g := range f.Agencies {
		if g.ID == agency {
			own = append(own, g)
			f.Total = g
		}
	}
	// A total has no name of its own.
	f.Total.ID, f.Total.Name, f.Total.NameEN = "", "", ""
	f.Agencies = own
	f.Services = kept(f.Services, func(g Group) bool { return g.Agency == agency })
	f.Counters = kept(f.Counters, func(c Counter) bool { return c.Agency == agency })
	f.OutOfOrder = kept(f.OutOfOrder, func(c Call) bool { return c.Agency == agency })
	services := map[string]bool{"": true} // All services.
	for _, g := range f.Services {
		services[g.ID] = true
	}
	f.Issuing = kept(f.Issuing, func(s Stop) bool { return services[s.Service] })
	f.Limits = kept(f.Limits, func(l Limit) bool { return services[l.Service] })
	f.Channels, f.Classes, f.Endings = []Group{}, []Group{}, []Ending{}
	f.CardsIssued, f.CardsRevoked = 0, 0
	f.Notes = append([]Note{{
		VI: "Chỉ gồm phần của cơ quan " + agency + ": không có số liệu theo kênh, theo diện, lý do kết thúc và thẻ ưu tiên, vì những mục này chỉ tính chung cho cả trung tâm.",
		EN: "The part of agency " + agency + " alone: nothing by channel and class, no endings and no cards, which are counted for the whole office only.",
	}}, f.Notes...)
	return f
}

// kept gives what is to stay of a list, in a list of its own.
func kept[T any](list []T, stays func(T) bool) []T {
	out := []T{}
	for _, v := range list {
		if stays(v) {
			out = append(out, v)
		}
	}
	return out
}
