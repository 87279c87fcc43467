// Package zalotest is for trying a bot without Zalo: a server that speaks the
// part of the Zalo Bot Platform a take-a-number bot needs, and fails in the ways
// the platform is known to. It knows the people in its chats, posts what they
// write to the bot's webhook or hands it out to polls, which forget it, and
// records every call.
package zalotest
