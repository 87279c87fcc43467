// Package bots is for citizens who write: it gives out numbers in chat, says
// when the turn is near and where to go, over any text channel.
//
// Read it along the way of a message. An Adapter (telegram) polls; ingest.go
// commits what came to the mailbox before the channel may forget it;
// converse.go takes one letter after the other of each chat, lets package
// dialogue decide, asks the office, and settles letter and answers in one
// transaction; deliver.go sends what is due, one at a time to each chat, within
// the channel's rates. Beside that way follow.go reads the office's log by a
// durable cursor and turns calls into messages, and sweep.go watches who is
// near. A crash at any point repeats work, and request keys make the repetition
// harmless: no number is issued twice, none that was asked for is lost.
//
// A new channel is one small package that implements Adapter, and one line
// where the program lists its adapters.
package bots
