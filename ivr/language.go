package ivr

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/xinmoi/xinmoi/announce"
)

//go:embed languages/*.json
var languageFiles embed.FS

// vietnamese is the language that every call begins in.
const vietnamese = "vi"

// language is everything the telephone says in one language, as data: a file
// of the folder languages. Numbers, letters and keys are not in it: package
// announce speaks them. Where announce.PhonePhrases has a phrase, it is used
// word for word, because every voice has a clip of it.
type language struct {
	Code     string            `json:"language"` // BCP 47: "en".
	Name     string            `json:"name"`     // Its own name: "English".
	Prompts  []Prompt          `json:"prompts"`
	One      map[string]string `json:"one"`      // What stands for a count of one, by prompt id.
	Calendar calendar          `json:"calendar"` // How times are said; not used for Vietnamese, which announce speaks.
	Messages map[string]string `json:"messages"` // What is written to citizens who do not take a call, by id.

	byID map[string]string
	said map[string]announce.Sentence // The prompts, ready to be joined.
}

// calendar is how a language says times of day and days.
type calendar struct {
	Weekdays []string `json:"weekdays"` // From Sunday.
	Months   []string `json:"months"`
	Zero     string   `json:"zero"`  // Before minutes of one figure: "oh".
	Parts    []string `json:"parts"` // Of the day: night, morning, noon, afternoon, evening.
	Today    string   `json:"today"`
	Tomorrow string   `json:"tomorrow"`
	On       string   `json:"on"` // Before a weekday.
	From     string   `json:"from"`
	To       string   `json:"to"`
	And      string   `json:"and"` // Before a second span.
}

// Prompt is one text of the telephone.
type Prompt struct {
	ID    string    `json:"id"`
	Text  string    `json:"text"`
	About [2]string `json:"about"` // When it is said, in Vietnamese and English.
}

// languages reads the embedded files once, Vietnamese first; they never
// change. A test reads them as strictly as any other data.
var languages = sync.OnceValue(func() []language {
	var list []language
	for _, code := range []string{vietnamese, "en"} {
		if l, err := readLanguage(code); err == nil {
			list = append(list, l)
		}
	}
	return list
})

func readLanguage(code string) (language, error) {
	b, err := languageFiles.ReadFile("languages/" + code + ".json")
	if err != nil {
		return language{}, err
	}
	l := language{byID: map[string]string{}, said: map[string]announce.Sentence{}}
	decoder := json.NewDecoder(strings.NewReader(string(b)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&l); err != nil {
		return l, fmt.Errorf("language %s: %w", code, err)
	}
	for _, p := range l.Prompts {
		l.byID[p.ID], l.said[p.ID] = p.Text, announce.PhraseIn(l.Code, p.Text, announce.Wording{})
	}
	return l, nil
}

// languageOf gives a language, Vietnamese for all that has none yet.
func languageOf(code string) language {
	list := languages()
	primary, _, _ := strings.Cut(strings.ToLower(code), "-")
	if i := slices.IndexFunc(list, func(l language) bool { return l.Code == primary }); i >= 0 {
		return list[i]
	}
	return list[0]
}

// Languages lists what the telephone can speak, Vietnamese first, by code with
// its own name.
func Languages() [][2]string {
	var out [][2]string
	for _, l := range languages() {
		out = append(out, [2]string{l.Code, l.Name})
	}
	return out
}

// Prompts lists the texts of the telephone in a language, as they are unless
// the office says something else (queue.PhoneSetup.Prompts).
func Prompts(code string) []Prompt {
	list := slices.Clone(languageOf(code).Prompts)
	for i, p := range languageOf(vietnamese).Prompts {
		if i < len(list) && list[i].ID == p.ID {
			list[i].About = p.About
		}
	}
	return list
}
