// Package chart is for showing figures as pictures that need no program in the
// browser: bars and lines as SVG, with their words in it for those who do not
// see them. A table with the same figures belongs beside every chart.
package chart

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// Chart is a picture of some series over the same places.
type Chart struct {
	ID     string // Unique on its page; letters, digits, dashes.
	Title  string
	Desc   string // What is to be seen, in a sentence.
	Labels []string
	Bars   *Series  // May be nil.
	Lines  []Series // Three at most can be told apart.
	Format func(float64) string
}

// Series is values by place; NaN = there is none.
type Series struct {
	Name   string
	Values []float64
}

// Sizes of the picture, in its own units; it grows with its place.
const (
	width, height            = 720, 300
	left, right, top, bottom = 60, 12, 40, 46
	ticksMost                = 5
	labelsMost               = 13
)

// The series are told apart by dashes and marks as well as by colour; all
// have a contrast of 4.5:1 on white.
func colours() []string { return []string{"#0b3d91", "#8c1515", "#0b5a2b", "#6b4300"} }
func dashes() []string  { return []string{"", "8 4", "2 4"} }

// SVG draws the chart. It is empty where there is nothing to draw.
func (c Chart) SVG() template.HTML {
	n := len(c.Labels)
	most := c.most()
	if n == 0 || math.IsInf(most, -1) {
		return ""
	}
	step := nice(most)
	ceiling := math.Max(step, math.Ceil(most/step)*step)
	d := drawing{n: n, ceiling: ceiling}
	d.printf(`<svg class="chart" role="img" aria-labelledby="%[1]s-t %[1]s-d" viewBox="0 0 %[2]d %[3]d" xmlns="http://www.w3.org/2000/svg">`, html.EscapeString(c.ID), width, height)
	d.printf(`<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, html.EscapeString(c.ID), html.EscapeString(c.Title), html.EscapeString(c.ID), html.EscapeString(c.Desc))
	d.grid(step, c.format)
	d.labels(c.Labels)
	if c.Bars != nil {
		d.bars(*c.Bars, c)
	}
	for i, s := range c.Lines {
		d.line(s, colours()[(i+1)%len(colours())], dashes()[i%len(dashes())], c)
	}
	d.legend(c)
	d.printf(`</svg>`)
	return template.HTML(d.String())
}

func (c Chart) format(v float64) string {
	if c.Format == nil {
		return fmt.Sprintf("%g", v)
	}
	return c.Format(v)
}

// most is the largest value; -Inf if there is none.
func (c Chart) most() float64 {
	most := math.Inf(-1)
	for _, s := range c.all() {
		for _, v := range s.Values[:min(len(s.Values), len(c.Labels))] {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				most = math.Max(most, v)
			}
		}
	}
	return most
}

func (c Chart) all() (list []Series) {
	if c.Bars != nil {
		list = append(list, *c.Bars)
	}
	return append(list, c.Lines...)
}

// nice is a step of 1, 2 or 5 with zeros, by which most is reached in few.
func nice(most float64) float64 {
	if most <= 0 {
		return 1
	}
	raw := most / ticksMost
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if raw <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// drawing is a picture under way.
type drawing struct {
	strings.Builder
	n       int
	ceiling float64
}

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(d, format, args...) }

// x is the middle of a place, y the height of a value.
func (d *drawing) x(i int) float64 { return left + (float64(i)+0.5)*d.slot() }
func (d *drawing) slot() float64   { return float64(width-left-right) / float64(d.n) }
func (d *drawing) y(v float64) float64 {
	return top + (height-top-bottom)*(1-math.Max(0, v)/d.ceiling)
}

func (d *drawing) grid(step float64, format func(float64) string) {
	for i := 0; float64(i)*step <= d.ceiling*(1+1e-9); i++ {
		v := float64(i) * step
		y := d.y(v)
		d.printf(`<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#c4ccd8" stroke-width="1"/>`, left, width-right, y, y)
		d.printf(`<text x="%d" y="%.1f" font-size="13" fill="#3b4452" text-anchor="end">%s</text>`, left-8, y+4, html.EscapeString(format(v)))
	}
}

func (d *drawing) labels(names []string) {
	every := (len(names) + labelsMost - 1) / labelsMost
	for i, name := range names {
		if i%every == 0 {
			d.printf(`<text x="%.1f" y="%d" font-size="13" fill="#3b4452" text-anchor="middle">%s</text>`, d.x(i), height-bottom+20, html.EscapeString(name))
		}
	}
}

func (d *drawing) bars(s Series, c Chart) {
	wide := d.slot() * 0.7
	for i, v := range s.Values[:min(len(s.Values), d.n)] {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		y := d.y(v)
		d.printf(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"><title>%s: %s</title></rect>`,
			d.x(i)-wide/2, y, wide, math.Max(0, height-bottom-y), colours()[0], html.EscapeString(c.Labels[i]), html.EscapeString(c.format(v)))
	}
}

// line is drawn through what is there; a hole stays one.
func (d *drawing) line(s Series, colour, dash string, c Chart) {
	path, pen := "", "M"
	for i, v := range s.Values[:min(len(s.Values), d.n)] {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			pen = "M"
			continue
		}
		path += fmt.Sprintf("%s%.1f %.1f", pen, d.x(i), d.y(v))
		pen = "L"
		d.printf(`<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"><title>%s, %s: %s</title></circle>`,
			d.x(i), d.y(v), colour, html.EscapeString(s.Name), html.EscapeString(c.Labels[i]), html.EscapeString(c.format(v)))
	}
	if path != "" {
		d.printf(`<path d="%s" fill="none" stroke="%s" stroke-width="2.5"`, path, colour)
		if dash != "" {
			d.printf(` stroke-dasharray="%s"`, dash)
		}
		d.printf(`/>`)
	}
}

func (d *drawing) legend(c Chart) {
	x := float64(left)
	entry := func(name, mark string) {
		d.printf(`<g transform="translate(%.0f 0)">%s<text x="34" y="22" font-size="14" fill="#14181f">%s</text></g>`, x, mark, html.EscapeString(name))
		x += 50 + 8.2*float64(len([]rune(name)))
	}
	if c.Bars != nil {
		entry(c.Bars.Name, `<rect x="0" y="10" width="26" height="14" fill="`+colours()[0]+`"/>`)
	}
	for i, s := range c.Lines {
		dash := ""
		if v := dashes()[i%len(dashes())]; v != "" {
			dash = ` stroke-dasharray="` + v + `"`
		}
		entry(s.Name, `<line x1="0" x2="28" y1="17" y2="17" stroke="`+colours()[(i+1)%len(colours())]+`" stroke-width="2.5"`+dash+`/>`)
	}
}
