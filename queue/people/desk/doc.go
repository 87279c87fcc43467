// Package desk is the pages of people: to sign in, the own account, who may sign
// in, devices and their tokens, and the audit log. All of them work without
// scripts.
package desk
