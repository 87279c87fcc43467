// Package telegram is for citizens who use Telegram: it is the bots.Adapter
// of the Bot API (core.telegram.org/bots/api).
//
// Outgoing calls and types are those of github.com/go-telegram/bot. Incoming
// updates are polled here, because they must be committed before Telegram may
// forget them. Telegram is blocked on many Vietnamese networks: the adapter
// never needs it to be there, and its address is configurable.
package telegram
