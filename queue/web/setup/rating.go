package setup

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/form"
)

// ratingForm is how citizens say what they thought of the service.
func ratingForm() form.Form[queue.Setup] {
	number := func(name string, label, hint form.Text, most int, at func(*queue.RatingSetup) *int) form.Field[queue.Setup] {
		f := form.NumberOf(name, label, 1, most, func(s *queue.Setup) *int { return at(&s.Rating) })
		f.Hint = hint
		return f
	}
	return form.Form[queue.Setup]{
		{
			Name: "levels", Label: form.Text{VI: "Các mức hài lòng", EN: "Levels"}, Kind: form.Lines, Max: 1000,
			Hint: form.Text{VI: "Mỗi dòng một mức, điểm từ 1 (kém nhất) đến 5: “5 = Rất hài lòng / Very satisfied”. Để trống = năm mức thường dùng.", EN: "One a line, with its points from 1 (worst) to 5: “5 = Rất hài lòng / Very satisfied”. Empty = the usual five."},
			Get: func(s queue.Setup) []string {
				var lines []string
				for _, v := range s.Rating.Levels {
					lines = append(lines, fmt.Sprintf("%d = %s", v.Level, inBoth(v.Name, v.NameEN)))
				}
				return []string{strings.Join(lines, "\n")}
			},
			Set: setLevels,
		},
		{
			Name: "reasons", Label: form.Text{VI: "Điều gì có thể chưa tốt", EN: "What may have been wrong"}, Kind: form.Lines, Max: 1000,
			Hint: form.Text{VI: "Mỗi dòng một lý do, nhiều nhất 8: “Chờ lâu / Long wait”. Hỏi người chưa hài lòng. Để trống = các lý do thường dùng.", EN: "One a line, at most 8: “Chờ lâu / Long wait”. Who is not content is asked. Empty = the usual ones."},
			Get: func(s queue.Setup) []string {
				var lines []string
				for _, v := range s.Rating.Reasons {
					lines = append(lines, inBoth(v.Name, v.NameEN))
				}
				return []string{strings.Join(lines, "\n")}
			},
			Set: func(s *queue.Setup, v []string) *form.Text {
				s.Rating.Reasons = nil
				for _, line := range linesOf(v) {
					name, english := fromBoth(line)
					if len(s.Rating.Reasons) == reasonsMost {
						return form.Say("Nhiều nhất %d lý do.", "At most %d reasons.", reasonsMost)
					}
					if wrong := tooLong(line, name, english); wrong != nil {
						return wrong
					}
					s.Rating.Reasons = append(s.Rating.Reasons, queue.RatingReason{Name: name, NameEN: english})
				}
				return nil
			},
		},
		number("minutes", form.Text{VI: "Đánh giá được trong bao lâu sau khi xong (phút)", EN: "May be rated so long after the service (minutes)"}, form.Text{VI: "Để trống = đến hết ngày.", EN: "Empty = until the day ends."}, 24*60, func(r *queue.RatingSetup) *int { return &r.Minutes }),
		{
			Name: "low", Label: form.Text{VI: "Báo người phụ trách khi được đánh giá", EN: "Alarm the supervisor at ratings of"}, Kind: form.Choice, Options: []form.Option{
				{Value: "1", Label: form.Text{VI: "mức 1", EN: "1"}}, {Value: "2", Label: form.Text{VI: "mức 1 và 2", EN: "1 and 2"}},
				{Value: "3", Label: form.Text{VI: "mức 1, 2 và 3", EN: "1, 2 and 3"}}, {Value: "never", Label: form.Text{VI: "không báo", EN: "none"}},
			},
			Hint: form.Text{VI: "Bỏ trống = mức 1 và 2.", EN: "Empty = 1 and 2."},
			Get: func(s queue.Setup) []string {
				switch s.Rating.Low {
				case 0:
					return nil
				case queue.LowNever:
					return []string{"never"}
				default:
					return []string{strconv.Itoa(s.Rating.Low)}
				}
			},
			Set: func(s *queue.Setup, v []string) *form.Text {
				s.Rating.Low, _ = strconv.Atoi(form.First(v)) // One of the options, or none.
				if form.First(v) == "never" {
					s.Rating.Low = queue.LowNever
				}
				return nil
			},
		},
		number("least", form.Text{VI: "Công bố điểm trung bình khi có ít nhất (lượt đánh giá)", EN: "The average is public from so many ratings on"}, form.Text{VI: "Để trống = 20.", EN: "Empty = 20."}, 10000, func(r *queue.RatingSetup) *int { return &r.Least }),
	}
}

// setLevels reads the levels that were typed.
func setLevels(s *queue.Setup, v []string) *form.Text {
	s.Rating.Levels = nil
	seen := map[int]bool{}
	for _, line := range linesOf(v) {
		points, words, ok := strings.Cut(line, "=")
		n, err := strconv.Atoi(strings.TrimSpace(points))
		name, english := fromBoth(words)
		if !ok || err != nil || n < 1 || n > 5 || seen[n] || name == "" {
			return form.Say("%q: viết như “5 = Rất hài lòng”, mỗi điểm từ 1 đến 5 một lần.", "%q: write like “5 = Rất hài lòng”, each of 1 to 5 once.", line)
		}
		if wrong := tooLong(line, name, english); wrong != nil {
			return wrong
		}
		seen[n] = true
		s.Rating.Levels = append(s.Rating.Levels, queue.RatingLevel{Level: n, Name: name, NameEN: english})
	}
	if len(s.Rating.Levels) == 1 {
		return form.Say("Cần ít nhất hai mức, hoặc để trống.", "Give at least two levels, or none.")
	}
	return nil
}

// What queue.RatingSetup bounds, so that it can be said beside the field.
const (
	reasonsMost = 8
	wordsMost   = 64 // Bytes.
)

// tooLong says that the words of a line are.
func tooLong(line, name, english string) *form.Text {
	if name != "" && len(name) <= wordsMost && len(english) <= wordsMost {
		return nil
	}
	return form.Say("%q: viết ngắn hơn, khoảng 40 chữ cái mỗi ngôn ngữ.", "%q: make it shorter, about 40 letters in each language.", line)
}

// linesOf gives the lines of a text that hold something.
func linesOf(v []string) (lines []string) {
	for line := range strings.Lines(form.First(v)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// inBoth writes a name in both languages, "Chờ lâu / Long wait".
func inBoth(name, english string) string {
	if english == "" {
		return name
	}
	return name + " / " + english
}

func fromBoth(text string) (name, english string) {
	name, english, _ = strings.Cut(text, "/")
	return strings.TrimSpace(name), strings.TrimSpace(english)
}
