package api

import (
	"context"
	"net/url"
	"strconv"
)

// Report asks for a report on a period; into takes what the office's reports
// are made of. List and Agency are not asked for: the token says whose part it
// is.
func (c *Client) Report(ctx context.Context, q ReportQuery, into any) error {
	ask := url.Values{"part": q.Parts}
	for name, day := range map[string]string{"from": q.From, "to": q.To} {
		if day != "" {
			ask.Set(name, day)
		}
	}
	if q.Target > 0 {
		ask.Set("target", strconv.Itoa(q.Target))
	}
	if q.Compare {
		ask.Set("compare", "true")
	}
	return c.get(ctx, "/report?"+ask.Encode(), into)
}
