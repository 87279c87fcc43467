// Package notice is for telling citizens what they need to know of their turn,
// at the right moment and not more: which event is worth a message, who is near,
// what is no longer true by the time it could be sent, what is left out when the
// month's messages run short, what waits until the morning, and by which other
// way somebody is told when the first one fails.
//
// All of it is pure. A kind of notice is one row of a Book; a channel asks the
// book what to say and keeps, in a Follower, what one person has heard. Storing,
// wording and sending are the channels' work.
package notice
