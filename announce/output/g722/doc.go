// Package g722 is the wideband codec of IP loudspeakers and telephones: speech
// up to 7 kHz in the 64 kbit/s that G.711 takes for 3.4 kHz, so that consonants
// survive the way into a hall.
//
// It follows ITU-T Recommendation G.722 (mode 1, 64 kbit/s): a pair of 16 kHz
// samples is split into two bands (qmf.go), each is coded by adaptive
// prediction (band.go), 6 bits for the lower and 2 for the upper one, a byte in
// all. Tables and names of blocks are the Recommendation's.
package g722

// The rates of the codec. RTP's clock for it is 8000 for historical reasons
// (RFC 3551 §4.5.2): 20 ms are 160 bytes and advance the timestamp by 160.
const (
	SampleRate  = 16000 // Samples per second.
	PayloadType = 9     // Static RTP payload type (RFC 3551 §6).
)
