package report

import "cmp"

// OfficeReport is how one of several offices did in the same period.
type OfficeReport struct {
	Name, NameEN string
	Report       *Report // Nil = it did not tell.
	Own          bool    // Of this installation: its figures lead to tickets.
}

// Offices lays offices out side by side: a line for each, and under it one for
// each of its agencies where it has several. Who did not tell is left out.
func Offices(list []OfficeReport) Table {
	t := Table{
		ID: "offices", Title: Text{"Các cơ quan cạnh nhau", "Offices side by side"}, Columns: groupColumns(),
		Note: Text{"Tỷ lệ đạt mục tiêu theo mục tiêu của từng cơ quan, nếu không chọn một mục tiêu chung.", "Shares within the target go by each office's own target, unless one for all is chosen."},
	}
	for _, o := range list {
		if o.Report == nil {
			continue
		}
		name := label(cmp.Or(o.Report.Name, o.Name), cmp.Or(o.Report.NameEN, o.NameEN))
		t.Rows = append(t.Rows, o.row(name, o.Report.Total, ByTotal))
		for _, g := range o.Report.Parts[ByAgency] {
			if !g.empty() {
				agency := ByAgency.Label(g)
				t.Rows = append(t.Rows, o.row(label("— "+agency.VI, "— "+agency.In("en")), g, ByAgency))
			}
		}
	}
	return t
}

// row is one line; the tickets behind another installation's figures are there.
func (o OfficeReport) row(name Cell, g Group, p Part) Row {
	r := groupRow(name, g, p)
	for i := range r {
		if !o.Own {
			r[i].Pick = nil
		}
	}
	return r
}
