// Package sms writes short messages to telephones: through an aggregator of the
// eSMS form, a Kannel gateway, or a modem that gammu-smsd looks after. One Sender
// stands before all of them; it cares for the alphabet, the length and what an
// answer means.
//
// Providers bill by the part, and most brand names of Viet Nam are registered
// with templates without marks; so messages go out without marks unless the
// office wants them.
package sms
