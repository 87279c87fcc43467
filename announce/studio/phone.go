package studio

import (
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce"
)

// The figures of recording by telephone.
const (
	codeLength   = 6
	maxWrong     = 3 // Codes in one call.
	maxPhoneTake = 20 * time.Second
	phoneWait    = 12 * time.Second // For a key.
	maxIdle      = 3                // Waits in a row before the call ends.
)

// PhoneInput is one thing that happens to a PhoneTalk.
type PhoneInput interface{ phoneInput() }

// The inputs of a PhoneTalk.
type (
	PhoneBegan  struct{}           // The call is answered.
	PhoneKey    struct{ Key rune } // 0–9, *, #.
	PhonePlayed struct{}           // The latest PhoneSay or PhonePlayBack was heard to its end.
	PhoneTimeUp struct{}           // The latest PhoneSay has been answered by nothing for phoneWait.
	// PhoneUnlocked answers PhoneUnlock: whether the code is known, and the
	// first sentence to read. Left counts those to read, with it.
	PhoneUnlocked struct {
		Known bool
		Line  Line
		Left  int
	}
	// PhoneRecorded tells that the recording has ended by itself: nothing more
	// was said, or it was long enough.
	PhoneRecorded struct{}
	// PhoneJudged answers PhoneSubmit. Words is what to do about a bad take.
	PhoneJudged struct {
		Usable bool
		Words  announce.Sentence
	}
	// PhoneNext answers PhoneKeep and PhoneSkip with the next sentence; none is
	// left if Left is 0.
	PhoneNext struct {
		Line Line
		Left int
	}
	// PhoneTrouble answers any action that failed for a fault of the machine.
	PhoneTrouble struct{}
)

func (PhoneBegan) phoneInput()    {}
func (PhoneKey) phoneInput()      {}
func (PhonePlayed) phoneInput()   {}
func (PhoneTimeUp) phoneInput()   {}
func (PhoneUnlocked) phoneInput() {}
func (PhoneRecorded) phoneInput() {}
func (PhoneJudged) phoneInput()   {}
func (PhoneNext) phoneInput()     {}
func (PhoneTrouble) phoneInput()  {}

// PhoneAction is one thing that a PhoneTalk wants done.
type PhoneAction interface{ phoneAction() }

// The actions of a PhoneTalk. A PhoneSay replaces what is being said.
type (
	PhoneSay      struct{ Sentence announce.Sentence }
	PhoneUnlock   struct{ Code string } // Answered by PhoneUnlocked.
	PhoneRecord   struct{}              // Beep and record; ended by PhoneRecorded or by PhoneSubmit.
	PhoneSubmit   struct{ Clip string } // Judge and keep what was recorded; answered by PhoneJudged.
	PhonePlayBack struct{ Clip string } // Play what was recorded last; answered by PhonePlayed.
	PhoneKeep     struct{ Clip string } // Accept it; answered by PhoneNext.
	PhoneSkip     struct{ Clip string } // Leave the line for later; answered by PhoneNext.
	PhoneHangup   struct{}              // Nothing follows.
)

func (PhoneSay) phoneAction()      {}
func (PhoneUnlock) phoneAction()   {}
func (PhoneRecord) phoneAction()   {}
func (PhoneSubmit) phoneAction()   {}
func (PhonePlayBack) phoneAction() {}
func (PhoneKeep) phoneAction()     {}
func (PhoneSkip) phoneAction()     {}
func (PhoneHangup) phoneAction()   {}

// phonePlace is where a PhoneTalk is.
type phonePlace int

const (
	atCode      phonePlace = iota // The code is being typed.
	atDoor                        // The studio looks at the code.
	atJudge                       // The studio listens to the take.
	atTurn                        // The studio goes on to the next sentence.
	atPrompt                      // The sentence is being told.
	atRecording                   // The speaker reads.
	atChoice                      // Keep, again, hear?
	atEnd                         // The last words, then hang up.
	atOver
)

// PhoneTalk is the conversation of somebody who records a voice by telephone:
// the recording's code, then sentence after sentence: hear it, read it after
// the beep, # to stop, 1 keep, 2 again, 3 hear, * skip. It is a value without
// side effects: Step gives the next one and what is to be done. The zero value
// waits for PhoneBegan.
type PhoneTalk struct {
	place phonePlace
	typed string
	wrong int
	idle  int
	line  Line
	left  int
	told  int // Sentences told so far: the keys are explained for the first ones.
}

// Ended reports whether the call is over.
func (t PhoneTalk) Ended() bool { return t.place == atOver }

// explained is how many sentences are told with all keys.
const explained = 3

// Step takes one input.
func (t PhoneTalk) Step(in PhoneInput) (PhoneTalk, []PhoneAction) {
	switch in := in.(type) {
	case PhoneBegan:
		return t, say("Kính chào quý vị. Đây là phòng thu giọng đọc. Xin bấm sáu chữ số của mã bản thu.")
	case PhoneKey:
		t.idle = 0
		return t.key(in.Key)
	case PhoneTimeUp:
		return t.timeUp()
	case PhonePlayed:
		return t.played()
	case PhoneTrouble:
		return t.end("Hệ thống gặp lỗi, câu này chưa được lưu. Xin gọi lại sau.")
	case PhoneUnlocked:
		return t.unlocked(in)
	case PhoneRecorded:
		if t.place == atRecording {
			return t.submit()
		}
	case PhoneJudged:
		return t.judged(in)
	case PhoneNext:
		if t.place == atTurn {
			return t.tell(in.Line, in.Left)
		}
	}
	return t, nil
}

func say(text string) []PhoneAction { return []PhoneAction{PhoneSay{announce.Phrase(text)}} }

func (t PhoneTalk) end(text string) (PhoneTalk, []PhoneAction) {
	t.place = atEnd
	return t, say(text)
}

// key acts on a key by where the conversation is.
func (t PhoneTalk) key(k rune) (PhoneTalk, []PhoneAction) {
	switch t.place {
	case atCode:
		return t.codeKey(k)
	case atPrompt:
		return t.promptKey(k)
	case atRecording:
		if k == '#' {
			return t.submit()
		}
	case atChoice:
		return t.choose(k)
	}
	return t, nil
}

func (t PhoneTalk) codeKey(k rune) (PhoneTalk, []PhoneAction) {
	if k == '*' {
		t.typed = ""
		return t, say("Xin bấm lại từ đầu.")
	}
	if k < '0' || k > '9' {
		return t, nil
	}
	t.typed += string(k)
	if len(t.typed) < codeLength {
		return t, nil
	}
	code := t.typed
	t.typed, t.place = "", atDoor
	return t, []PhoneAction{PhoneUnlock{code}}
}

func (t PhoneTalk) promptKey(k rune) (PhoneTalk, []PhoneAction) {
	switch k {
	case '#': // No need to hear it to the end.
		t.place = atRecording
		return t, []PhoneAction{PhoneRecord{}}
	case '*':
		return t.leave()
	}
	return t, nil
}

func (t PhoneTalk) leave() (PhoneTalk, []PhoneAction) {
	t.place = atTurn
	return t, []PhoneAction{PhoneSkip{t.line.ID}}
}

func (t PhoneTalk) submit() (PhoneTalk, []PhoneAction) {
	t.place = atJudge
	return t, []PhoneAction{PhoneSubmit{t.line.ID}}
}

func (t PhoneTalk) choose(k rune) (PhoneTalk, []PhoneAction) {
	switch k {
	case '1':
		t.place = atTurn
		return t, []PhoneAction{PhoneKeep{t.line.ID}}
	case '2':
		return t.tell(t.line, t.left)
	case '3':
		return t, []PhoneAction{PhonePlayBack{t.line.ID}}
	case '*':
		return t.leave()
	}
	return t, say("Bấm một để giữ, hai để đọc lại, ba để nghe, phím sao để bỏ qua.")
}

// played goes on when a sentence was heard to its end.
func (t PhoneTalk) played() (PhoneTalk, []PhoneAction) {
	switch t.place {
	case atPrompt:
		t.place = atRecording
		return t, []PhoneAction{PhoneRecord{}}
	case atEnd:
		t.place = atOver
		return t, []PhoneAction{PhoneHangup{}}
	}
	return t, nil
}

// timeUp repeats what was asked, and ends a call that nobody is at any more.
func (t PhoneTalk) timeUp() (PhoneTalk, []PhoneAction) {
	if t.idle++; t.idle >= maxIdle && (t.place == atCode || t.place == atChoice) {
		return t.end("Những câu đã giữ đã được lưu. Xin chào.")
	}
	switch t.place {
	case atCode:
		t.typed = ""
		return t, say("Xin bấm sáu chữ số của mã bản thu.")
	case atChoice:
		return t, say("Bấm một để giữ, hai để đọc lại, ba để nghe, phím sao để bỏ qua.")
	}
	return t, nil
}

func (t PhoneTalk) unlocked(in PhoneUnlocked) (PhoneTalk, []PhoneAction) {
	if t.place != atDoor {
		return t, nil
	}
	if in.Known {
		return t.tell(in.Line, in.Left)
	}
	if t.wrong++; t.wrong >= maxWrong {
		return t.end("Mã bản thu không đúng. Mã hiện ở trang phòng thu. Xin chào.")
	}
	t.place = atCode
	return t, say("Mã bản thu không đúng. Xin bấm lại sáu chữ số.")
}

// tell says the next sentence to read.
func (t PhoneTalk) tell(l Line, left int) (PhoneTalk, []PhoneAction) {
	if left == 0 {
		return t.end("Đã thu hết các câu. Xin cảm ơn quý vị. Xin chào.")
	}
	t.place, t.line, t.left = atPrompt, l, left
	t.told++
	text := "Xin đọc: " + strings.TrimRight(l.Text(), ".") + "."
	if t.told <= explained {
		text += " Đọc sau tiếng bíp, đọc xong bấm phím thăng."
	}
	return t, say(text)
}

func (t PhoneTalk) judged(in PhoneJudged) (PhoneTalk, []PhoneAction) {
	if t.place != atJudge {
		return t, nil
	}
	if !in.Usable { // The reason, and the same sentence again.
		again, _ := t.tell(t.line, t.left)
		return again, []PhoneAction{PhoneSay{announce.Join(in.Words, announce.Phrase("Xin đọc lại: "+strings.TrimRight(t.line.Text(), ".")+"."))}}
	}
	t.place = atChoice
	text := "Bấm một để giữ, hai để đọc lại, ba để nghe."
	if t.told > explained {
		text = "Giữ, bấm một."
	}
	return t, say(text)
}
