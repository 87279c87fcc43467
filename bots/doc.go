// Package bots is for citizens who write: it gives out numbers in chat, says
// when the turn is near and where to go, over any text channel.
//
// Read it along the way of a message. A channel is asked
// (Poller, ingest.go) or tells of its own accord (package webhook, receive.go);
// what came is committed to the mailbox before the channel may forget it;
// converse.go takes one letter after the other of each chat, lets package
// dialogue decide, asks the office, and settles letter and answers in one
// transaction; deliver.go sends what is due, one at a time to each chat, within
// the channel's rates and the month's messages (settings.go). Beside that way
// follow.go reads the office's log by a durable cursor and notify.go turns it
// into what package notice says is worth telling, sweep.go watches who is near,
// and fallback.go finds another way to who cannot be reached, or keeps a dead
// letter for staff. deeds.go does what else was asked for: late, here, rate,
// follow a paper ticket. A crash at any point repeats work, and request keys
// make the repetition harmless: no number is issued twice, none that was asked
// for is lost.
//
// A new channel is one small package that implements Adapter, and one line
// where the program lists its adapters.
package bots
