package kiosk

import (
	"html/template"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/kiosk/search"
)

// drawing is a pictogram: paths on a field of 24 × 24, drawn as lines, and the
// words in a field's name that call for it, without marks.
type drawing struct {
	name  string
	path  string
	words []string
}

// drawings lists the pictograms; a field gets the first whose words stand in
// its name. The one without words stands for every other field.
func drawings() []drawing {
	return []drawing{
		{"family", "M8 8.5a2.5 2.5 0 1 0-.01 0ZM17 9.5a2 2 0 1 0-.01 0ZM12.5 15a1.5 1.5 0 1 0-.01 0ZM3.5 20v-5.5a4.5 3.5 0 0 1 7.5-2.6M20.5 20v-4.500a3.500 3 0 0 0-6-2M10 20v-1.500a2.500 2 0 0 1 5 0V20", []string{"ho tich", "gia dinh", "tre em", "con nuoi", "civil", "family"}},
		{"stamp", "M9 3.500h6l-1 6.500h3.500a2 2 0 0 1 2 2V15h-15v-3a2 2 0 0 1 2-2H10ZM4 20h16", []string{"chung thuc", "cong chung", "certif", "notary"}},
		{"house", "M3 12 12 4l9 8M5.500 10.500V20h13v-9.500M10 20v-5.500h4V20", []string{"dat dai", "nha dat", "nha o", "land", "house"}},
		{"build", "M4 20h16M6 20V9l6-4v15M12 20V8h6v12M8 11.500h1.500M8 15h1.500M14.500 11.500H16M14.500 15H16", []string{"xay dung", "quy hoach", "do thi", "construct", "planning"}},
		{"heart", "M12 20S4 15 4 9.300A4.200 4.200 0 0 1 12 7.500a4.200 4.200 0 0 1 8 1.800C20 15 12 20 12 20Z", []string{"xa hoi", "tro cap", "nguoi co cong", "chinh sach", "bao tro", "social", "welfare"}},
		{"health", "M9.500 4h5v5.500H20v5h-5.500V20h-5v-5.500H4v-5h5.500Z", []string{"y te", "suc khoe", "duoc", "bao hiem", "health", "insurance"}},
		{"shop", "M4 9.500 5.500 4h13L20 9.500M4 9.500a2.700 2.700 0 0 0 5.300 0 2.700 2.700 0 0 0 5.400 0 2.700 2.700 0 0 0 5.300 0M5.500 12v8h13v-8M10 20v-5h4v5", []string{"kinh doanh", "doanh nghiep", "thuong mai", "cong thuong", "hop tac xa", "business", "trade"}},
		{"book", "M12 6.500C10 5 7 4.500 3.500 5v13.500c3.500-.500 6.500 0 8.500 1.500 2-1.500 5-2 8.500-1.500V5C17 4.500 14 5 12 6.500ZM12 6.500V20", []string{"giao duc", "dao tao", "hoc", "education", "school"}},
		{"work", "M9 7V4.500h6V7M3.500 7.500h17V19h-17ZM3.500 12.500h17M12 11.500v2.500", []string{"lao dong", "viec lam", "labour", "labor", "employment"}},
		{"leaf", "M5 19C5 9 11 5 20 4c0 9-3.500 14.500-11 14.500M5 20.500c1-5 4-8.500 9-11", []string{"moi truong", "nong", "lam nghiep", "thuy loi", "environment", "agric"}},
		{"road", "M8 4 4 20M16 4l4 16M12 4v3.500M12 10.500V14M12 17v3", []string{"giao thong", "van tai", "xe", "transport", "traffic"}},
		{"shield", "M12 3.500 19 6v5.500c0 4.500-3 7.500-7 9-4-1.500-7-4.500-7-9V6ZM9 12l2.200 2.200L15.200 10", []string{"cong an", "cu tru", "an ninh", "can cuoc", "quan su", "police", "residence"}},
		{"coins", "M4 7.500c0-2 12-2 12 0s-12 2-12 0ZM4 7.500v4c0 2 12 2 12 0v-4M8 15.500c1 2.500 12 2.300 12 0v-4c0-1.200-2-1.700-4-1.900M8 15.500v-2.400M8 15.500v3c0 2 12 2 12 0v-3", []string{"thue", "tai chinh", "phi", "le phi", "tax", "finance"}},
		{"flower", "M12 14a2.500 2.500 0 1 0-.01 0ZM12 9a2.600 2.600 0 1 1 0-5.200A2.600 2.600 0 0 1 12 9ZM14.400 10.700a2.600 2.600 0 1 1 4.900 1.600 2.600 2.600 0 0 1-4.900 0M9.600 10.700a2.600 2.600 0 1 0-4.900 1.600 2.600 2.600 0 0 0 4.900 0M12 14v6.500", []string{"van hoa", "the thao", "du lich", "ton giao", "le hoi", "culture", "tourism", "religion"}},
		{"scales", "M12 4v16M7 20h10M5 7h14M5 7l-2.500 6.500a2.700 2.700 0 0 0 5 0ZM19 7l-2.500 6.500a2.700 2.700 0 0 0 5 0Z", []string{"tu phap", "khieu nai", "to cao", "tiep cong dan", "justice", "law"}},
		{"inbox", "M12 4v8M8.500 9l3.500 3.500L15.500 9M4 13.500V20h16v-6.500h-4.500l-1.500 2.500h-4l-1.500-2.500Z", []string{"tra ket qua", "nhan ket qua", "ket qua", "result"}},
		{"screen", "M4 5h16v11H4ZM9 20h6M12 16v4", []string{"truc tuyen", "dich vu cong", "thong tin", "online"}},
		{"page", "M6 3.500h8.500L18.500 8v12.500H6ZM14 3.500V8.500h4.500M9 12h6.500M9 15.500h6.500", nil},

		// For the machine itself.
		{"search", "M10.500 16.500a6 6 0 1 1 0-12 6 6 0 0 1 0 12ZM15 15l5.500 5.500", nil},
		{"ticket", "M3.500 7h17v3.500a1.500 1.500 0 0 0 0 3V17h-17v-3.500a1.500 1.500 0 0 0 0-3ZM9.500 7v10", nil},
		{"phone", "M6 3.500h3.500l1.500 4.500-2.300 1.700a12 12 0 0 0 5.600 5.600L16 13l4.500 1.500V18a2.500 2.500 0 0 1-2.500 2.500C10.500 20.500 3.500 13.500 3.500 6A2.500 2.500 0 0 1 6 3.500Z", nil},
		{"large", "M3 19 8.500 5h1L15 19M5 14.500h8M15.500 19l2.800-7.500h.900L22 19M16.500 16.500h4.500", nil},
		{"contrast", "M12 3.500a8.500 8.500 0 1 0 .01 0ZM12 3.500v17M12 7l4.500-1.500M12 11h8M12 15h7.500M12 19h3.500", nil},
		{"low", "M12 4v13M6.500 12l5.500 5.500 5.500-5.500M4 20.500h16", nil},
		{"voice", "M4 9.500h3.500L12 5.500v13l-4.500-4H4ZM15 9a4.500 4.500 0 0 1 0 6M17.500 6.500a8 8 0 0 1 0 11", nil},
		{"staff", "M12 11a3.500 3.500 0 1 0-.01 0ZM5 20.500v-1.500a7 5.500 0 0 1 14 0v1.500ZM19 4.500v4M19 10.500v.500", nil},
	}
}

// plainDrawing stands for every field that no other drawing is made for.
const plainDrawing = "page"

// pictogram gives a drawing as part of a page. It says nothing to a screen
// reader: the words stand beside it.
func pictogram(name string) template.HTML {
	all := drawings()
	i := slices.IndexFunc(all, func(d drawing) bool { return d.name == name })
	if i < 0 {
		i = slices.IndexFunc(all, func(d drawing) bool { return d.name == plainDrawing })
	}
	return template.HTML(`<svg class="pictogram" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="` + all[i].path + `"/></svg>`) // The paths are ours.
}

// pictogramOf chooses the drawing of a field: the office's choice, or what the
// field's name calls for.
func (s settings) pictogramOf(field, english string) string {
	if name := s.Pictograms[field]; name != "" {
		return name
	}
	text := " " + search.Fold(field) + " "
	for _, d := range drawings() {
		for _, w := range d.words {
			if strings.Contains(text, " "+w+" ") {
				return d.name
			}
		}
	}
	text = " " + search.Fold(english)
	for _, d := range drawings() {
		for _, w := range d.words {
			if english != "" && strings.Contains(text, " "+w) {
				return d.name
			}
		}
	}
	return plainDrawing
}
