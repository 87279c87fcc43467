package voice

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// provenance reports what the manifest does not say of the voice.
func (r *Report) provenance(dir string) {
	m := r.Manifest
	if strings.TrimSpace(m.Licence) == "" {
		r.Add("", FaultNoLicence, "no licence", "không ghi quyền sử dụng")
	}
	if strings.TrimSpace(m.Speaker) == "" {
		r.Add("", FaultNoSpeaker, "no speaker", "không ghi người đọc")
	}
	if m.Placeholder {
		return // A program needs not consent.
	}
	if m.RecordedAt.IsZero() || strings.TrimSpace(m.RecordedWith) == "" {
		r.Add("", FaultNoDate, "not known when or with what it was recorded", "không ghi thời điểm hoặc thiết bị ghi âm")
	}
	if m.Consent == "" {
		r.Add("", FaultNoConsent, "no consent of the speaker", "không có giấy đồng ý của người đọc")
		return
	}
	switch b, err := readBounded(filepath.Join(dir, m.Consent), maxConsent); {
	case errors.Is(err, os.ErrNotExist):
		r.Add("", FaultNoConsent, "the consent "+m.Consent+" is not in the pack", "bộ giọng không có tệp đồng ý "+m.Consent)
	case err != nil:
		r.Add("", FaultNoConsent, fmt.Sprintf("the consent cannot be read: %v", err), "không đọc được tệp đồng ý "+m.Consent)
	case len(bytes.TrimSpace(b)) == 0:
		r.Add("", FaultNoConsent, "the consent "+m.Consent+" is empty", "tệp đồng ý "+m.Consent+" trống")
	}
}

// maxConsent bounds the consent, which may be a scanned page.
const maxConsent = 16 << 20

// texts reports texts that would never be found, and number words of another
// region.
func (r *Report) texts() {
	words := r.Manifest.switches()
	seen := map[string]bool{}
	for _, c := range r.Manifest.Clips {
		if seen[c.ID] || c.ID == "" {
			r.Add(c.ID, FaultTwice, fmt.Sprintf("the id %q stands for two clips", c.ID), fmt.Sprintf("mã %q dùng cho hai câu", c.ID))
		}
		seen[c.ID] = true
		if want := canonical(c.Text); want != c.Text {
			r.Add(c.ID, FaultText, fmt.Sprintf("text %+q is written otherwise than it is looked up", c.Text), fmt.Sprintf("câu %q viết không đúng dạng chuẩn", c.Text))
		}
		if !c.Pos.known() {
			r.Add(c.ID, FaultText, fmt.Sprintf("position %q, want i, n, c, f or a", c.Pos), fmt.Sprintf("vị trí %q không có; dùng i, n, c, f hoặc a", c.Pos))
		}
		if other := foreignWord(c, words); other != "" {
			r.Add(c.ID, FaultSwitched, fmt.Sprintf("says %q, which is not this voice's word for numbers", other), fmt.Sprintf("đọc %q, không phải cách đọc số của giọng này", other))
		}
	}
}

// canonical is how texts are looked up: NFC, lower case, single spaces.
func canonical(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFC.String(s))), " ")
}

// switches gives the pack's number words, those of its region where it does
// not say.
func (m Manifest) switches() map[string]string {
	out := map[string]string{"odd": "linh", "thousand": "nghìn", "four": "tư", "billion": "tỷ"}
	if m.Region == "south" || m.Region == "central" {
		out = map[string]string{"odd": "lẻ", "thousand": "ngàn", "four": "bốn", "billion": "tỷ"}
	}
	for name := range out {
		out[name] = cmp.Or(m.Switches[name], out[name])
	}
	return out
}

// foreignWord is a number word in a clip's text that the pack's switches
// exclude; empty if there is none. Only numbers count: Linh Trung is a place.
func foreignWord(c Clip, have map[string]string) string {
	words := strings.Fields(canonical(c.Text))
	if c.Lang != "" || slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(numberWords(), w) }) {
		return ""
	}
	for _, s := range []struct {
		name  string
		words [2]string
		after string // The word that goes before; empty = any.
	}{
		{"odd", [2]string{"linh", "lẻ"}, ""}, {"thousand", [2]string{"nghìn", "ngàn"}, ""},
		{"four", [2]string{"tư", "bốn"}, "mươi"}, {"billion", [2]string{"tỷ", "tỉ"}, ""},
	} {
		for i, w := range words {
			if slices.Contains(s.words[:], w) && w != have[s.name] && (s.after == "" || i > 0 && words[i-1] == s.after) {
				return w
			}
		}
	}
	return ""
}

// numberWords lists the words of Vietnamese numbers.
func numberWords() []string {
	return strings.Fields("không một hai ba bốn năm sáu bảy tám chín mười mươi mốt tư lăm linh lẻ trăm nghìn ngàn triệu tỷ tỉ")
}

// doubles reports clips that say the same at the same place, and in a recorded
// voice one recording under two texts: somebody copied the wrong file. A
// synthesiser may well say two letters alike.
func (r *Report) doubles(sounds []clipSound) {
	keys, recordings := map[Key]string{}, map[[sha256.Size]byte]Clip{}
	for i, c := range r.Manifest.Clips {
		k := c.Key()
		k.Text = canonical(k.Text)
		if first, dup := keys[k]; dup {
			r.Add(c.ID, FaultTwice, "same text and position as "+first, "trùng câu và vị trí với "+first)
		} else {
			keys[k] = c.ID
		}
		if sounds[i].err != nil || r.Manifest.Placeholder {
			continue
		}
		first, dup := recordings[sounds[i].sum]
		if dup && (canonical(first.Text) != k.Text || first.Lang != c.Lang) {
			r.Add(c.ID, FaultTwice, fmt.Sprintf("same recording as %s, which says %q", first.ID, first.Text), fmt.Sprintf("trùng bản ghi với %s (%q)", first.ID, first.Text))
		} else if !dup {
			recordings[sounds[i].sum] = c
		}
	}
}
