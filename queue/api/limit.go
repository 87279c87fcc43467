package api

import "time"

// How often one address may ask without a token. A day's tickets are a few
// thousand among 10^8 lookup codes: at one guess per second, finding any of
// them takes most of a day.
const (
	lookupEvery = time.Second
	lookupBurst = 60
	missEvery   = time.Second
	missBurst   = 30
)

// How often one device may ask whether a ticket belongs to a telephone number:
// people at a kiosk ask twice, the 10^4 endings of one ticket take hours.
const (
	endingEvery = 2 * time.Second
	endingBurst = 30
)
