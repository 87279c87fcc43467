// Package zalooa is for citizens who write to the office's Official Account on
// Zalo (OpenAPI v3): signed webhooks, answers within the account's window of
// free messages, and a registered template for who is beyond it.
//
// Access to the account hangs on one refresh token that is good for one use:
// what it is exchanged for is on the disk before anything is done with it
// (token.go). Only where Zalo's answer is lost on its way, or the machine stops
// before it is written, somebody of the office has to give its consent anew.
// Errors come with HTTP status 200.
package zalooa
