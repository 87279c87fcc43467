package desk

import "time"

// How often one address may book, and open a booking; wrong codes are counted
// besides, see page.Guesses. So often the code of the hall may be tried for one
// booking.
const (
	bookEvery = 30 * time.Second
	bookBurst = 5
	findEvery = 3 * time.Second
	findBurst = 30
	hallEvery = 6 * time.Second
	hallBurst = 10
)
