package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// regional is the region whose voice speaks, and the making of the voice of
// another one: an office may choose its region while it runs, and a voice takes
// minutes to make.
type regional struct {
	mu          sync.Mutex
	speaks      announce.Region
	making      announce.Region // Empty = none is being made.
	done, total int             // Clips of it.
	failed      announce.Region // Whose voice could not be made, and why.
	why         error
	wake        chan struct{} // Holds one token: the office may have chosen another region.
}

// look has what speaks compared with what the office has chosen.
func (r *regional) look() {
	select {
	case r.wake <- struct{}{}:
	default: // It will be looked at anyway.
	}
}

func (r *regional) region() announce.Region {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.speaks
}

func (r *regional) speak(region announce.Region) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.speaks = region
}

// begin claims the making of a region's voice; false if one is being made, or
// this one has failed and nothing has changed since.
func (r *regional) begin(region announce.Region) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.making != "" || r.failed == region && !changedSince(region, r.why) {
		return false
	}
	r.making, r.done, r.total, r.failed, r.why = region, 0, 0, "", nil
	return true
}

// changedSince reports whether a making that failed may go better now.
func changedSince(region announce.Region, why error) bool {
	if !errors.Is(why, voice.ErrNoEspeak) {
		return false
	}
	_, err := voice.FindEspeak(string(region))
	return err == nil
}

func (r *regional) progress(done, total int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done, r.total = done, total
}

func (r *regional) end(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.failed, r.why = r.making, err
	}
	r.making = ""
}

// beingMade reports whether the voice of a region is on its way, how far in per
// cent, and why it failed if it did.
func (r *regional) beingMade(region announce.Region) (made bool, percent int, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == region {
		why = r.why
	}
	return r.making == region, 100 * r.done / max(1, r.total), why
}

// nearest is the region wanted if there is its voice, else one that has a voice:
// a northern voice in the south is better than none.
func (a *app) nearest(want announce.Region) announce.Region {
	for _, r := range append([]announce.Region{want}, announce.Regions()...) {
		if _, err := voice.ReadManifest(voiceDir(a.data.path, r)); err == nil {
			return r
		}
	}
	return want
}

// wanted is the region that the office has chosen.
func (a *app) wanted(ctx context.Context) (announce.Region, error) {
	view, err := a.engine.Setup(ctx)
	if err != nil {
		return "", err
	}
	return announce.ParseRegion(view.Setup.Region)
}

// followRegion speaks with the voice of the region that the office has chosen,
// as soon as there is one; until then the one of now goes on. Where there is
// none at all, espeak-ng may have been installed meanwhile.
func (a *app) followRegion(ctx context.Context, making *sync.WaitGroup) {
	want, err := a.wanted(ctx)
	if err != nil || want == a.regional.region() && a.renderer.Voice() != nil {
		return
	}
	_, lacking := voice.ReadManifest(voiceDir(a.data.path, want))
	if lacking == nil || a.renderer.Voice() == nil { // Where there is no voice, only who speaks in its stead.
		a.regional.speak(want)
	}
	if lacking == nil {
		return
	}
	if !a.placeholderConfigured() && a.regional.begin(want) {
		making.Go(func() { a.regional.end(a.buildVoice(ctx, want)) })
	}
}

// placeholderConfigured reports whether the configuration names a placeholder:
// then none is made.
func (a *app) placeholderConfigured() bool {
	v := a.renderer.Voice()
	return a.cfg.Voice.Dir != "" && v != nil && v.Manifest().Placeholder
}

// buildVoice makes a region's placeholder and tells how far it is.
func (a *app) buildVoice(ctx context.Context, r announce.Region) error {
	view, err := a.engine.Setup(ctx)
	if err != nil {
		a.log.Warn("voice: the office does not answer", "err", err)
	}
	_, err = announce.BuildVoice(ctx, voiceDir(a.data.path, r), r, ivr.Phrases(view.Setup), a.regional.progress)
	switch {
	case err == nil || ctx.Err() != nil:
	case a.renderer.Voice() == nil:
		a.log.Warn("no voice: calls are chimes until espeak-ng is installed or a voice is recorded", "err", err)
	default:
		a.log.Warn("no placeholder voice of the region", "region", r, "err", err)
	}
	return err
}

// regionName is a region for people.
func regionName(r announce.Region) [2]string {
	switch r {
	case announce.Central:
		return [2]string{"miền Trung", "central"}
	case announce.South:
		return [2]string{"miền Nam", "southern"}
	default:
		return [2]string{"miền Bắc", "northern"}
	}
}

// studioPath is where voices are recorded.
const studioPath = "/studio"

// voiceNote tells, if ok, that the voice of another region speaks than the one
// that the office has chosen, and what can be done.
func (a *app) voiceNote(ctx context.Context) (note page.Row, ok bool) {
	want, err := a.wanted(ctx)
	if err != nil {
		return page.Row{}, false
	}
	speaks, name := "", regionName(want)
	if v := a.renderer.Voice(); v != nil {
		speaks = v.Manifest().Region
	}
	if speaks == string(want) {
		return page.Row{}, false
	}
	note = page.Row{Label: "Giọng đọc", LabelEN: "Voice", Level: page.Warn, Href: studioPath}
	until := [2]string{"đến lúc đó chỉ có chuông", "until then there is a chime"}
	if r, err := announce.ParseRegion(speaks); err == nil && speaks != "" {
		now := regionName(r)
		until = [2]string{"đến lúc đó giữ giọng " + now[0], "until then the " + now[1] + " voice speaks"}
	}
	say := func(vi, en string) (page.Row, bool) {
		note.Value, note.ValueEN = vi+"; "+until[0]+".", en+"; "+until[1]+"."
		return note, true
	}
	record := [2]string{"thu một giọng " + name[0] + " ở Phòng thu giọng", "record a " + name[1] + " voice in the studio"}
	made, percent, why := a.regional.beingMade(want)
	switch {
	case a.renderer.Voice() != nil && (!a.renderer.Voice().Manifest().Placeholder || a.cfg.Voice.Dir != ""):
		return say("cơ quan chọn "+name[0]+", mà giọng đang dùng là của vùng khác: "+record[0], "the office has chosen the "+name[1]+" region, and the voice in use is of another: "+record[1])
	case made:
		return say(fmt.Sprintf("giọng máy %s đang được tạo (%d %%), xong sau một hai phút", name[0], percent), fmt.Sprintf("the machine's %s voice is being made (%d %%), which takes a minute or two", name[1], percent))
	case errors.Is(why, voice.ErrNoEspeak):
		return say("chưa có giọng "+name[0]+" và máy chủ chưa cài espeak-ng để tạo: chạy “apt install espeak-ng” trên máy chủ, hoặc "+record[0], "there is no "+name[1]+" voice, and espeak-ng, which makes one, is not on the server: run \"apt install espeak-ng\" there, or "+record[1])
	case why != nil:
		return say("không tạo được giọng máy "+name[0]+" (lý do ở nhật ký máy chủ): "+record[0], "the machine's "+name[1]+" voice could not be made (the server's log says why): "+record[1])
	}
	return say("giọng máy "+name[0]+" sắp được tạo, xong sau một hai phút", "the machine's "+name[1]+" voice is about to be made, which takes a minute or two")
}
