package escpos

// ID names a print job to the printer: four visible ASCII characters, 0x21 to
// 0x7E, as GS ( H function 48 asks for.
type ID [4]byte

// idBase is the count of visible ASCII characters.
const idBase = 94

// IDs is the count of different IDs, about 78 million.
const IDs = idBase * idBase * idBase * idBase

// NewID writes n modulo IDs in base 94.
func NewID(n uint64) ID {
	var id ID
	for i := len(id) - 1; i >= 0; i-- {
		id[i] = byte(0x21 + n%idBase)
		n /= idBase
	}
	return id
}

// String gives the four characters.
func (id ID) String() string { return string(id[:]) }

// Valid reports whether all characters are visible ASCII.
func (id ID) Valid() bool {
	for _, c := range id {
		if c < 0x21 || c > 0x7e {
			return false
		}
	}
	return true
}
