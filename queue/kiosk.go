package queue

import (
	"context"
	"maps"
	"slices"
)

// KioskSetup is what an office decides about its machines in the hall. The zero
// value is a machine that works.
type KioskSetup struct {
	Hotline    string                       `json:"hotline,omitempty"`    // Printed on the paper: "1900 1234".
	SMS        string                       `json:"sms,omitempty"`        // How to ask for the standing by message: "{number} gửi 8088"; {number} and {code} are filled in.
	Notice     string                       `json:"notice,omitempty"`     // The office's own line on the paper.
	NoticeEN   string                       `json:"notice_en,omitempty"`  // The same in English.
	Second     string                       `json:"second,omitempty"`     // Second language of the paper; empty = English, "-" = none.
	Paper      []string                     `json:"paper,omitempty"`      // Parts of the paper from top to bottom; which there are, package kiosk/layout knows. None = all.
	Pictograms map[string]string            `json:"pictograms,omitempty"` // Field → name of a pictogram; none = guessed from its name.
	Texts      map[string]map[string]string `json:"texts,omitempty"`      // Language → field or procedure id → its name there.
	Millimetre float64                      `json:"millimetre,omitempty"` // CSS pixels to the millimetre of the screen; 0 = 2.71 (32 inches, 1080 × 1920).
	Silent     bool                         `json:"silent,omitempty"`     // Numbers are spoken only to those who asked for the voice.
	Age        int                          `json:"age,omitempty"`        // From which age a scanned citizen card gives priority. Default 60.
}

// Bounds of what an office decides about its kiosks.
const (
	maxKioskText  = 400 // Bytes of a line on the paper.
	maxKioskParts = 32
	maxKioskNames = 2200 // Names in one language: of every procedure and field.
	mostPixels    = 40   // To the millimetre.
	mostAge       = 120
)

// Kiosk implements Office.
func (e *Engine) Kiosk(context.Context) (KioskSetup, error) {
	if err := e.rlock(); err != nil {
		return KioskSetup{}, err
	}
	defer e.mu.RUnlock()
	return e.state.setup.Kiosk.clone(), nil
}

// clone shares nothing with k.
func (k KioskSetup) clone() KioskSetup {
	k.Paper, k.Pictograms, k.Texts = slices.Clone(k.Paper), maps.Clone(k.Pictograms), maps.Clone(k.Texts)
	for language, names := range k.Texts {
		k.Texts[language] = maps.Clone(names)
	}
	return k
}

// validate bounds what a kiosk shows.
func (k KioskSetup) validate() error {
	lines := append([]string{k.Hotline, k.SMS, k.Notice, k.NoticeEN}, k.Paper...)
	for field, name := range k.Pictograms {
		lines = append(lines, field, name)
	}
	for language, names := range k.Texts {
		if !isLanguage(language) || len(names) > maxKioskNames {
			return Errorf(CodeBadRequest, "kiosk texts in %q: give a language tag and at most %d names", clip(language), maxKioskNames)
		}
		for of, name := range names {
			lines = append(lines, of, name)
		}
	}
	switch {
	case slices.ContainsFunc(lines, func(s string) bool { return !isText(s, maxKioskText) }):
		return Errorf(CodeBadRequest, "a text of the kiosk is longer than %d bytes or not text", maxKioskText)
	case len(k.Paper) > maxKioskParts || len(k.Pictograms) > maxKioskNames:
		return Errorf(CodeBadRequest, "the kiosk's paper has at most %d parts, its screen %d pictograms", maxKioskParts, maxKioskNames)
	case k.Second != "" && k.Second != "-" && !isLanguage(k.Second):
		return Errorf(CodeBadRequest, "second language %q of the paper: give a tag like en, or - for none", clip(k.Second))
	case k.Millimetre < 0 || k.Millimetre > mostPixels || k.Age < 0 || k.Age > mostAge:
		return Errorf(CodeBadRequest, "kiosk: %v pixels to the millimetre, priority from %d years: give 0 to %d and 0 to %d", k.Millimetre, k.Age, mostPixels, mostAge)
	}
	return nil
}
