package studio

import (
	"math"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

func (s *shelf) packDir(id string) string { return filepath.Join(s.dir, id) }

// view starts a page.
func (s *Studio) view(l page.Lang, title string, data any) page.View {
	return page.View{Lang: l, Title: title, Data: data, Nav: []page.Link{{Href: Prefix, Label: l.T("Phòng thu", "Studio")}}}
}

// projectsData is the list of recordings and the form for another.
type projectsData struct {
	Projects []projectRow
	Regions  []choice
	Licences []choice
	Brief    Brief
	Consent  [2]string
	Wrong    string
	Broken   string
}

type projectRow struct {
	ID, Speaker, Region, Licence string
	Progress                     Progress
	Percent                      int
}

type choice struct {
	Value, Words string
	Chosen       bool
}

func briefOf(form url.Values) Brief {
	return Brief{
		Region: announce.Region(form.Get("region")), Speaker: form.Get("speaker"), Licence: form.Get("licence"), Consent: form.Get("consent") == "yes",
	}
}

func (s *Studio) showProjects(w http.ResponseWriter, r *http.Request) error {
	return s.renderProjects(w, r, http.StatusOK, Brief{Region: s.Region, Licence: Licences()[0]}, "")
}

func (s *Studio) renderProjects(w http.ResponseWriter, r *http.Request, status int, b Brief, wrong string) error {
	l := page.Language(r)
	d := projectsData{Brief: b, Wrong: wrong, Consent: [2]string{consentWords, consentWordsEN}}
	for _, region := range announce.Regions() {
		d.Regions = append(d.Regions, choice{string(region), regionName(string(region), l), region == b.Region})
	}
	for _, id := range Licences() {
		d.Licences = append(d.Licences, choice{id, licenceName(id, l), id == b.Licence})
	}
	projects, err := s.shelf.list()
	if err != nil {
		s.log.Error("studio: a recording cannot be opened", "err", err)
		d.Broken = err.Error()
	}
	for _, p := range projects {
		progress := p.progress()
		d.Projects = append(d.Projects, projectRow{
			ID: p.state.ID, Speaker: p.state.Speaker, Region: regionName(string(p.state.Region), l), Licence: licenceName(p.state.Licence, l),
			Progress: progress, Percent: 100 * progress.EssentialDone / max(1, progress.EssentialTotal),
		})
	}
	s.kit.Render(w, r, status, "projects", s.view(l, l.T("Phòng thu giọng đọc", "Voice studio"), d))
	return nil
}

// recordData is the page of one recording; Boot is its state for the script.
type recordData struct {
	ID, Speaker, Region, Licence, Code, Dial string
	Progress                                 Progress
	Boot                                     stateView
	CanUse                                   bool
}

func (s *Studio) showProject(w http.ResponseWriter, r *http.Request, p *project) error {
	l := page.Language(r)
	v := s.view(l, l.T("Thu giọng ", "Recording ")+p.state.Speaker, recordData{
		ID: p.state.ID, Speaker: p.state.Speaker, Region: regionName(string(p.state.Region), l), Licence: licenceName(p.state.Licence, l),
		Code: p.state.Code, Dial: s.Dial, Progress: p.progress(), Boot: s.stateOf(p, l), CanUse: s.Use != nil,
	})
	v.Body = "studio"
	v.Scripts = []string{s.kit.Asset("studio.js")}
	s.kit.Render(w, r, http.StatusOK, "record", v)
	return nil
}

func (s *Studio) showState(w http.ResponseWriter, r *http.Request, p *project) error {
	return page.JSON(w, http.StatusOK, s.stateOf(p, page.Language(r)))
}

// stateView is what the script of the page knows.
type stateView struct {
	ID        string      `json:"id"`
	Lang      page.Lang   `json:"lang"`
	Worklet   string      `json:"worklet"`
	Groups    []groupView `json:"groups"`
	Lines     []lineView  `json:"lines"`
	Progress  Progress    `json:"progress"`
	Room      *roomView   `json:"room"`
	Reference string      `json:"reference"`
	Packed    *packedView `json:"packed"`
	CanUse    bool        `json:"can_use"`
}

type groupView struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	HowTo     string `json:"how_to"`
	Essential bool   `json:"essential"`
}

type lineView struct {
	ID       string `json:"id"`
	Group    string `json:"group"`
	Before   string `json:"before"`
	Target   string `json:"target"`
	After    string `json:"after"`
	Hint     string `json:"hint,omitempty"`
	Takes    []int  `json:"takes"`
	Accepted int    `json:"accepted"`
}

type roomView struct {
	Noise    float64       `json:"noise"`
	Speech   float64       `json:"speech"`
	Usable   bool          `json:"usable"`
	Findings []findingView `json:"findings"`
}

type findingView struct {
	Severity Severity `json:"severity"`
	Code     Code     `json:"code"`
	Text     string   `json:"text"`
}

type packedView struct {
	ID       string   `json:"id"`
	OK       bool     `json:"ok"`
	Clips    int      `json:"clips"`
	Missing  int      `json:"missing"`
	Unspoken int      `json:"unspoken"`
	Faults   []string `json:"faults"`
	Words    string   `json:"words"`
}

func (s *Studio) stateOf(p *project, l page.Lang) stateView {
	v := stateView{
		ID: p.state.ID, Lang: l, Worklet: s.kit.Asset("worklet.js"), Progress: p.progress(),
		Reference: "Xin mời số A một trăm hai mươi lăm, đến quầy số ba.", CanUse: s.Use != nil,
	}
	for _, g := range Groups() {
		v.Groups = append(v.Groups, groupView{g.ID, l.T(g.Name, g.NameEN), l.T(g.HowTo, g.HowToEN), g.Essential})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state.Room != nil {
		v.Room = viewRoom(*p.state.Room, l)
	}
	if p.state.Packed != nil {
		v.Packed = viewPacked(*p.state.Packed, l)
	}
	for _, line := range p.lines {
		lv := lineView{ID: line.ID, Group: line.Group, Before: line.Before, Target: line.Target, After: line.After, Hint: line.Hint, Takes: []int{}}
		if c := p.state.Clips[line.ID]; c != nil {
			lv.Accepted = c.Accepted
			for _, t := range c.Takes {
				lv.Takes = append(lv.Takes, t.ID)
			}
		}
		v.Lines = append(v.Lines, lv)
	}
	return v
}

func viewFindings(all []Finding, l page.Lang) []findingView {
	out := []findingView{}
	for _, f := range all {
		out = append(out, findingView{f.Severity, f.Code, f.words(l)})
	}
	return out
}

func viewRoom(r Room, l page.Lang) *roomView {
	return &roomView{r.Measures.Noise, r.Measures.Speech, usable(r.Findings), viewFindings(r.Findings, l)}
}

func viewPacked(p Packed, l page.Lang) *packedView {
	v := &packedView{ID: p.ID, OK: p.OK(), Clips: p.Clips, Missing: p.Missing, Unspoken: p.Unspoken, Faults: []string{}}
	for _, f := range p.Faults {
		v.Faults = append(v.Faults, strings.TrimPrefix(f.Clip+": ", ": ")+l.T(f.ProblemVI+" → "+f.NextVI, f.Problem+" → "+f.Next))
	}
	switch {
	case p.OK():
		v.Words = l.T("Đã tạo giọng. Kiểm tra: tốt, giọng này tự nói được mọi lời gọi.", "The voice is made. Check: fine, it says every call by itself.")
	case len(p.Faults) > 0:
		v.Words = l.T("Đã tạo giọng, nhưng vài đoạn chưa đạt. Thu lại các câu dưới đây rồi bấm Hoàn tất lần nữa.", "The voice is made, but some clips are not good. Record those below again, then finish again.")
	default:
		v.Words = l.T("Đã tạo giọng. Những câu chưa thu sẽ do giọng tạm nói.", "The voice is made. What is not recorded is said by the placeholder voice.")
	}
	return v
}

// takeView is one take for the script of the page.
type takeView struct {
	ID       int           `json:"id"`
	Length   int64         `json:"length_ms"`
	From     int64         `json:"from_ms"`
	To       int64         `json:"to_ms"`
	Usable   bool          `json:"usable"`
	Speech   float64       `json:"speech"`
	Noise    float64       `json:"noise"`
	Findings []findingView `json:"findings"`
	Wave     []float64     `json:"wave"` // Peaks, 0 to 1.
}

// wavePoints is the resolution of the picture of a take.
const wavePoints = 240

func (s *Studio) answerTake(w http.ResponseWriter, r *http.Request, p *project, clip string, t Take) error {
	master, err := p.sound(clip, t.ID)
	if err != nil {
		return err
	}
	v := takeView{t.ID, t.Length, t.From, t.To, usable(t.Findings), t.Measures.Speech, t.Measures.Noise, viewFindings(t.Findings, page.Language(r)), wave(master)}
	return page.JSON(w, http.StatusOK, map[string]any{"take": v, "progress": p.progress()})
}

// wave is the peaks of a recording, for a picture.
func wave(p audio.PCM) []float64 {
	out := make([]float64, wavePoints)
	for i := range out {
		part := p.Samples[len(p.Samples)*i/wavePoints : len(p.Samples)*(i+1)/wavePoints]
		out[i] = math.Round(audio.PCM{Rate: p.Rate, Samples: part}.Peak()*1000) / 1000
	}
	return out
}

// longTake tells what a stretch of a long recording became.
type longTake struct {
	Clip   string `json:"clip"`
	Take   int    `json:"take"`
	Usable bool   `json:"usable"`
}

// maxLines is how many lines one long recording may be matched with.
const maxLines = 400

// addLong keeps the sentences of a long recording as takes of the lines from
// first on that have none yet; left counts the stretches that fit no line.
func (p *project) addLong(raw audio.PCM, first int) (kept []longTake, left int, err error) {
	p.mu.Lock()
	var open []Line
	for _, l := range p.lines[first:] {
		if c := p.state.Clips[l.ID]; (c == nil || len(c.Takes) == 0) && len(open) < maxLines {
			open = append(open, l)
		}
	}
	p.mu.Unlock()
	master, err := audio.Resample(raw, audio.RatePA)
	if err != nil {
		return nil, 0, refuse(http.StatusBadRequest, "Không đọc được bản thu (%d Hz). Dùng WAV 48 kHz.", "The recording cannot be used (%d Hz). Use WAV at 48 kHz.", raw.Rate)
	}
	sounds := split(master)
	if len(sounds) == 0 {
		return nil, 0, refuse(http.StatusUnprocessableEntity, "Không nghe thấy câu nào trong bản thu. Kiểm tra tệp rồi tải lại.", "No sentence was heard in the recording. Check the file and upload it again.")
	}
	kept = []longTake{}
	for i, j := range match(sounds, open) {
		if j < 0 {
			left++
			continue
		}
		t, err := p.add(open[j].ID, sounds[i], false)
		if err != nil {
			return kept, left, err
		}
		kept = append(kept, longTake{open[j].ID, t.ID, usable(t.Findings)})
	}
	return kept, left, nil
}
