package estimate

import (
	"math/rand/v2"
	"slices"
)

// Forest corrects the ridge by many small trees, grown one after another on
// what the ones before left over.
type Forest []Tree

// Tree is a small decision tree; its first node is the root.
type Tree []Node

// Node asks whether a feature is at most Cut: if so the next node follows,
// else node No. No = 0 marks a leaf.
type Node struct {
	Feature int     `json:"f,omitempty"`
	Cut     float64 `json:"c,omitempty"`
	No      int     `json:"n,omitempty"`
	Value   float64 `json:"v,omitempty"` // Of a leaf.
}

// correct gives what the trees add.
func (f Forest) correct(x *Features) (sum float64) {
	for _, t := range f {
		sum += t.value(x)
	}
	return sum
}

func (t Tree) value(x *Features) float64 {
	for i := 0; ; {
		n := &t[i]
		switch {
		case n.No == 0:
			return n.Value
		case x[n.Feature] <= n.Cut:
			i++
		default:
			i = n.No
		}
	}
}

// growth is how a forest is grown.
type growth struct {
	trees, depth int
	rate         float64 // What a tree may correct of what is left over.
	clip         float64 // Larger errors count as this.
	shrink       float64 // Share of all weight that holds a leaf near nought.
	least        float64 // Share of all weight that a leaf must have.
	rows, inputs float64 // Shares that each tree sees.
}

const bins = 32 // Of a feature's values, while growing.

// grower grows one forest.
type grower struct {
	growth
	left   []float64 // Left over.
	pull   []float64 // Weight × left over, clipped.
	weight []float64
	cuts   [features][]float64
	bin    [][features]uint8 // Of each row's features, side by side: a row is looked at whole.
	total  float64
	rng    *rand.Rand

	// Kept between nodes, so that none is made anew.
	parts []part
	aside []int32
	sums  [features][bins]part
}

// grow fits a forest to what is left over. The same rows give the same forest.
func grow(x []*Features, left, weight []float64, how growth) Forest {
	g := &grower{
		growth: how, left: left, pull: make([]float64, len(x)), weight: weight, bin: make([][features]uint8, len(x)),
		rng: rand.New(rand.NewPCG(1, 2)), parts: make([]part, len(x)), aside: make([]int32, len(x)),
	}
	for _, w := range weight {
		g.total += w * how.rows
	}
	for j := range features {
		g.sort(x, j)
	}
	forest := make(Forest, 0, how.trees)
	for range how.trees {
		forest = append(forest, g.tree())
	}
	return forest
}

// part is what some rows pull, and their weight.
type part struct{ pull, weight float64 }

// sort cuts a feature's values into bins.
func (g *grower) sort(x []*Features, j int) {
	step := max(len(x)/2000, 1)
	values := make([]float64, 0, len(x)/step+1)
	for i := 0; i < len(x); i += step {
		values = append(values, x[i][j])
	}
	slices.Sort(values)
	for b := 1; b < bins; b++ {
		v := values[len(values)*b/bins]
		if n := len(g.cuts[j]); n == 0 || v > g.cuts[j][n-1] {
			g.cuts[j] = append(g.cuts[j], v)
		}
	}
	for i, row := range x {
		g.bin[i][j] = binOf(g.cuts[j], row[j])
	}
}

// binOf counts the cuts below a value; there are fewer than 32.
func binOf(cuts []float64, v float64) (n uint8) {
	for step := bins / 2; step > 0; step /= 2 {
		if at := int(n) + step; at <= len(cuts) && cuts[at-1] < v {
			n = uint8(at)
		}
	}
	return n
}

// tree grows a tree on some of the rows, and takes what it corrects from what
// is left over of all.
func (g *grower) tree() Tree {
	var rows, rest []int32
	for i := range g.left {
		if g.rng.Float64() < g.rows {
			rows = append(rows, int32(i))
			g.pull[i] = g.weight[i] * max(-g.clip, min(g.clip, g.left[i]))
		} else {
			rest = append(rest, int32(i))
		}
	}
	var inputs []int
	for j := range int(features) {
		if g.rng.Float64() < g.inputs {
			inputs = append(inputs, j)
		}
	}
	var t Tree
	g.split(&t, rows, rest, inputs, 0)
	return t
}

// split adds a node for some rows, and those below it; the rest are rows that it
// is not grown on.
func (g *grower) split(t *Tree, rows, rest []int32, inputs []int, depth int) {
	parts := g.parts[:len(rows)] // Side by side, since they are summed many times.
	var pull, weight float64
	for n, i := range rows {
		parts[n] = part{g.pull[i], g.weight[i]}
		pull += g.pull[i]
		weight += g.weight[i]
	}
	at, value := len(*t), g.rate*pull/(weight+g.total*g.shrink)
	*t = append(*t, Node{Value: value})
	j, b := -1, 0
	if depth < g.depth && weight >= 2*g.total*g.least {
		j, b = g.best(rows, parts, inputs, pull, weight)
	}
	if j < 0 {
		for _, some := range [][]int32{rows, rest} {
			for _, i := range some {
				g.left[i] -= value
			}
		}
		return
	}
	yes, others := g.part(rows, j, b), g.part(rest, j, b)
	g.split(t, rows[:yes], rest[:others], inputs, depth+1)
	(*t)[at] = Node{Feature: j, Cut: g.cuts[j][b], No: len(*t)}
	g.split(t, rows[yes:], rest[others:], inputs, depth+1)
}

// part puts the rows of which a question is true first and tells how many they
// are; the order stays among them and among the others.
func (g *grower) part(rows []int32, j, b int) (yes int) {
	no := 0
	for _, i := range rows {
		rows[yes], g.aside[no] = i, i
		if int(g.bin[i][j]) <= b {
			yes++
		} else {
			no++
		}
	}
	copy(rows[yes:], g.aside[:no])
	return yes
}

// best finds the question that gains most; j < 0 if none gains.
func (g *grower) best(rows []int32, parts []part, inputs []int, pull, weight float64) (j, b int) {
	clear(g.sums[:len(inputs)])
	for n, i := range rows {
		row, p := &g.bin[i], parts[n]
		for k, input := range inputs {
			s := &g.sums[k][row[input]%bins]
			s.pull += p.pull
			s.weight += p.weight
		}
	}
	shrink, least := g.total*g.shrink, g.total*g.least
	best, j := pull*pull/(weight+shrink)*(1+1e-9), -1
	for k, input := range inputs {
		var p, w float64
		for c := range g.cuts[input] {
			p += g.sums[k][c].pull
			w += g.sums[k][c].weight
			if w < least || weight-w < least {
				continue
			}
			if gain := p*p/(w+shrink) + (pull-p)*(pull-p)/(weight-w+shrink); gain > best {
				best, j, b = gain, input, c
			}
		}
	}
	return j, b
}
