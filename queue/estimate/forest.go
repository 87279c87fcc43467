package estimate

import (
	"math/rand/v2"
	"sort"
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
	x      []*Features
	left   []float64 // Left over.
	pull   []float64 // Weight × left over, clipped.
	weight []float64
	cuts   [features][]float64
	bin    [features][]uint8
	total  float64
	rng    *rand.Rand
}

// grow fits a forest to what is left over. The same rows give the same forest.
func grow(x []*Features, left, weight []float64, how growth) Forest {
	g := &grower{growth: how, x: x, left: left, weight: weight, pull: make([]float64, len(x)), rng: rand.New(rand.NewPCG(1, 2))}
	for _, w := range weight {
		g.total += w * how.rows
	}
	for j := range features {
		g.sort(j)
	}
	forest := make(Forest, 0, how.trees)
	for range how.trees {
		t := g.tree()
		for i, row := range x {
			left[i] -= t.value(row)
		}
		forest = append(forest, t)
	}
	return forest
}

// part is what some rows pull, and their weight.
type part struct{ pull, weight float64 }

// sort cuts a feature's values into bins.
func (g *grower) sort(j int) {
	step := max(len(g.x)/2000, 1)
	var values []float64
	for i := 0; i < len(g.x); i += step {
		values = append(values, g.x[i][j])
	}
	sort.Float64s(values)
	for b := 1; b < bins; b++ {
		v := values[len(values)*b/bins]
		if n := len(g.cuts[j]); n == 0 || v > g.cuts[j][n-1] {
			g.cuts[j] = append(g.cuts[j], v)
		}
	}
	g.bin[j] = make([]uint8, len(g.x))
	for i, row := range g.x {
		g.bin[j][i] = uint8(sort.SearchFloat64s(g.cuts[j], row[j]))
	}
}

func (g *grower) tree() Tree {
	var rows []int32
	for i := range g.x {
		if g.rng.Float64() < g.rows {
			rows = append(rows, int32(i))
			g.pull[i] = g.weight[i] * max(-g.clip, min(g.clip, g.left[i]))
		}
	}
	var inputs []int
	for j := range int(features) {
		if g.rng.Float64() < g.inputs {
			inputs = append(inputs, j)
		}
	}
	var t Tree
	g.split(&t, rows, inputs, 0)
	return t
}

// split adds a node for some rows, and those below it.
func (g *grower) split(t *Tree, rows []int32, inputs []int, depth int) {
	parts := make([]part, len(rows)) // Side by side, since they are summed many times.
	var pull, weight float64
	for n, i := range rows {
		parts[n] = part{g.pull[i], g.weight[i]}
		pull += g.pull[i]
		weight += g.weight[i]
	}
	at := len(*t)
	*t = append(*t, Node{Value: g.rate * pull / (weight + g.total*g.shrink)})
	if depth == g.depth || weight < 2*g.total*g.least {
		return
	}
	j, b := g.best(rows, parts, inputs, pull, weight)
	if j < 0 {
		return
	}
	yes, no := make([]int32, 0, len(rows)), make([]int32, 0, len(rows))
	for _, i := range rows {
		if int(g.bin[j][i]) <= b {
			yes = append(yes, i)
		} else {
			no = append(no, i)
		}
	}
	g.split(t, yes, inputs, depth+1)
	(*t)[at] = Node{Feature: j, Cut: g.cuts[j][b], No: len(*t)}
	g.split(t, no, inputs, depth+1)
}

// best finds the question that gains most; j < 0 if none gains.
func (g *grower) best(rows []int32, parts []part, inputs []int, pull, weight float64) (j, b int) {
	shrink, least := g.total*g.shrink, g.total*g.least
	best, j := pull*pull/(weight+shrink)*(1+1e-9), -1
	for _, k := range inputs {
		var sums [bins]part
		column := g.bin[k]
		for n, i := range rows {
			s := &sums[column[i]%bins]
			s.pull += parts[n].pull
			s.weight += parts[n].weight
		}
		var p, w float64
		for c := range g.cuts[k] {
			p += sums[c].pull
			w += sums[c].weight
			if w < least || weight-w < least {
				continue
			}
			if gain := p*p/(w+shrink) + (pull-p)*(pull-p)/(weight-w+shrink); gain > best {
				best, j, b = gain, k, c
			}
		}
	}
	return j, b
}
