// Package whatif plays office days in virtual time, to compare rules of who is
// next: days made up by a model under the office's own policy and under the
// rules of others, and days that were, under another policy or with other
// counters; and to plan from them how many counters should be open when.
//
// Who is next is asked of the real office, queue.Engine, wherever the policy
// is the heart's own; nothing of it is written down here a second time.
package whatif
