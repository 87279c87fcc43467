package voice

// Position is where in a sentence a clip may stand; Vietnamese tone and length
// depend on it.
type Position string

// The positions.
const (
	Initial      Position = "i" // Begins a phrase and more words follow: a variant of NonFinal.
	NonFinal     Position = "n" // More words follow in the same phrase.
	Continuation Position = "c" // Ends a phrase, the sentence goes on.
	Final        Position = "f" // Ends the sentence.
	Anywhere     Position = "a" // A single word cut out of a phrase; the last resort.
)

// known reports whether a position is one of those above.
func (p Position) known() bool {
	switch p {
	case Initial, NonFinal, Continuation, Final, Anywhere:
		return true
	}
	return false
}

// Vietnamese is the language of a Key whose Lang is empty.
const Vietnamese = "vi"

// Key is what a clip is looked up by.
type Key struct {
	Text    string // Spoken words, lower case, single spaces, NFC: "hai mươi lăm".
	Pos     Position
	Lang    string // Language of the words where it is not Vietnamese: "en".
	Variant int    // Which take of the same words, from 0: a figure said twice need not sound the same.
}

// ClipSpec asks for one clip.
type ClipSpec struct {
	ID string // Short, ASCII, unique in the pack: "n.25.c".
	Key
}
