package queue

import "testing"

func TestLanguages(t *testing.T) {
	for tag, good := range map[string]bool{
		"vi": true, "en": true, "en-GB": true, "zh-Hant-TW": true, "EN-us": true, "khm": true, "de-1996": true,
		"😀": false, "e": false, "en_GB": false, "-en": false, "en-": false, "en--GB": false, "2n": false, "tiếng": false,
		"a-very-long-language-tag": false, "abcdefghi": false, "en GB": false, "\x00\x01": false,
	} {
		w := newWorld(t, CommuneCentre())
		_, err := w.do(t, Meta{}, TakeRequest{Service: "A", Channel: Kiosk, Language: tag})
		if good != (err == nil) || (!good && ErrorCode(err) != CodeBadRequest) {
			t.Errorf("%q: %v", tag, err)
		}
	}
	if got := newWorld(t, CommuneCentre()).take(t, TakeRequest{Service: "A"}).Language; got != "vi" {
		t.Errorf("without a language %q", got)
	}
}
