// Package ear judges sound as a listener would: which clips were heard and
// when, clicks, gaps, loudness, and how well speech is understood in a
// reverberant hall or over the telephone. Tests and the benchmark listen with
// it to what outputs really played.
package ear
