package escpos

// AnswerKind tells answers of a printer apart.
type AnswerKind int

// The kinds of answer.
const (
	AutoAnswer      AnswerKind = iota + 1 // Automatic status (GS a): Status is complete.
	RealTimeAnswer                        // Answer to DLE EOT n: Byte; only the asker knows n.
	PaperAnswer                           // Answer to GS r 1: Byte.
	ProcessIDAnswer                       // Answer to GS ( H function 48: ID.
	InfoAnswer                            // Answer to GS I n: Text.
	ClearedAnswer                         // Answer to DLE DC4 function 8.
)

// Answer is one message from the printer.
type Answer struct {
	Kind   AnswerKind
	Byte   byte
	ID     ID
	Status Status
	Text   string
}

// maxBlock bounds a block message; the longest known are about 80 bytes.
const maxBlock = 128

// Answers separates the messages in what a printer sends. Bytes may arrive in
// any portions. Damaged and unknown messages are dropped and counted; the
// parser finds its way back by the fixed bits that Epson gives every first
// byte. The zero value is ready.
type Answers struct {
	auto    [4]byte
	autoLen int
	block   []byte
	inBlock bool
	Dropped int // Bytes that belonged to no known message.
}

// Feed takes what arrived and gives the messages it completed.
func (a *Answers) Feed(data []byte) []Answer {
	var out []Answer
	for _, b := range data {
		if ans, ok := a.feed(b); ok {
			out = append(out, ans)
		}
	}
	return out
}

func (a *Answers) feed(b byte) (Answer, bool) {
	switch {
	case a.inBlock:
		return a.feedBlock(b)
	case a.autoLen > 0 && b&0x90 == 0x00:
		return a.feedAuto(b)
	case a.autoLen > 0: // Not a continuation: the rest was lost.
		a.Dropped += a.autoLen
		a.autoLen = 0
	}
	return a.first(b)
}

// first reads the first byte of a message by its fixed bits: bit 7 is 0, and
// bits 4, 1 and 0 tell the kind.
func (a *Answers) first(b byte) (Answer, bool) {
	switch {
	case b&0x93 == 0x10:
		a.auto[0], a.autoLen = b, 1
	case b&0x93 == 0x12:
		return Answer{Kind: RealTimeAnswer, Byte: b}, true
	case b&0x90 == 0x00:
		return Answer{Kind: PaperAnswer, Byte: b}, true
	case isBlockStart(b):
		a.inBlock, a.block = true, append(a.block[:0], b)
	default: // XON 11, XOFF 13 and noise.
		a.Dropped++
	}
	return Answer{}, false
}

func (a *Answers) feedAuto(b byte) (Answer, bool) {
	a.auto[a.autoLen] = b
	a.autoLen++
	if a.autoLen < len(a.auto) {
		return Answer{}, false
	}
	a.autoLen = 0
	return Answer{Kind: AutoAnswer, Status: autoStatus(a.auto)}, true
}

func (a *Answers) feedBlock(b byte) (Answer, bool) {
	if b != nul && len(a.block) < maxBlock {
		a.block = append(a.block, b)
		return Answer{}, false
	}
	a.inBlock = false
	// A process ID answer is 37 22 d1 d2 d3 d4 00.
	if len(a.block) == 6 && a.block[0] == 0x37 && a.block[1] == 0x22 {
		if id := ID(a.block[2:6]); id.Valid() {
			return Answer{Kind: ProcessIDAnswer, ID: id}, true
		}
	}
	if len(a.block) == 2 && a.block[0] == 0x37 && a.block[1] == 0x25 {
		return Answer{Kind: ClearedAnswer}, true
	}
	if len(a.block) > 1 && a.block[0] == infoStart && isPrintable(a.block[1:]) && b == nul {
		return Answer{Kind: InfoAnswer, Text: string(a.block[1:])}, true
	}
	a.Dropped += len(a.block) + 1
	return Answer{}, false
}

// infoStart begins what a printer tells of itself.
const infoStart = 0x5f

func isPrintable(text []byte) bool {
	for _, c := range text {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}

func isBlockStart(b byte) bool {
	switch b {
	case 0x35, 0x37, 0x3b, 0x3d, infoStart:
		return true
	}
	return false
}

// AppendProcessID appends the answer to GS ( H function 48. Used by the
// virtual printer and by tests.
func AppendProcessID(to []byte, id ID) []byte {
	return append(append(to, 0x37, 0x22), id[0], id[1], id[2], id[3], nul)
}

// AppendInfo appends the answer to GS I n. Used by the virtual printer and by
// tests.
func AppendInfo(to []byte, text string) []byte {
	return append(append(append(to, infoStart), text...), nul)
}

// AppendCleared appends the answer to DLE DC4 function 8. Used by the virtual
// printer and by tests.
func AppendCleared(to []byte) []byte { return append(to, 0x37, 0x25, nul) }
