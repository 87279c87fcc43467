// Package audio prepares recorded Vietnamese speech for loudspeakers and
// telephones: WAV files, sample rates, loudness, fades, limiting and the chime.
//
// Everything works on mono PCM in memory; an office's longest sentence is a
// few seconds, so that clarity wins over streaming.
package audio
