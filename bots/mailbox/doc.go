// Package mailbox is for losing no message between chat channels and the
// office: a durable inbox, a durable outbox and the link between chats and
// tickets, in one SQLite file of its own beside the office's log.
//
// What came in is committed before the channel is told that it may forget it;
// what must go out is committed in the same transaction that settles what came
// in. A message on its way is marked before it is sent, so that after a crash
// everyone knows which ones are in doubt.
//
// The file holds the only place where a chat id stands beside a ticket. Rows
// lose chat id and text as soon as they are settled; bindings are erased hours
// after their ticket ended.
package mailbox
