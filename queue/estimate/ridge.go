package estimate

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// ridge fits log(wait + 2) ≈ x·β + base. What counts for a citizen are
// minutes, so it seeks the least sum of absolute errors in minutes, by
// repeated weighted regressions; lambda, a share of all weight, holds β near
// nought: the base is the prior.
func ridge(samples []Sample, lambda float64, rounds int) ([]float64, error) {
	const p = inputs
	beta := make([]float64, p)
	weight := make([]float64, len(samples))
	for i := range weight {
		weight[i] = 1
	}
	for range rounds {
		gram, right, total := normal(samples, weight)
		for j := range p {
			for k := range j {
				gram[k*p+j] = gram[j*p+k]
			}
			gram[j*p+j] += lambda*total + 1e-9
		}
		var c mat.Cholesky
		if !c.Factorize(mat.NewSymDense(p, gram)) {
			return nil, fmt.Errorf("the features of %d waits cannot be told apart", len(samples))
		}
		if err := c.SolveVecTo(mat.NewVecDense(p, beta), mat.NewVecDense(p, right)); err != nil {
			return nil, fmt.Errorf("fit %d waits: %w", len(samples), err)
		}
		for i := range samples {
			f := linear(beta, &samples[i].X)
			miss := math.Abs(math.Log(samples[i].Wait+2) - f)
			weight[i] = minutesOf(f) / max(miss, 0.08)
		}
	}
	return beta, nil
}

// inputs of the ridge: the features and a constant.
const inputs = int(features) + 1

// normal makes the normal equations; only the lower triangle is filled.
func normal(samples []Sample, weight []float64) (gram, right []float64, total float64) {
	const p = inputs
	gram, right = make([]float64, p*p), make([]float64, p)
	var row [p]float64
	vector := blas64.Vector{N: p, Data: row[:], Inc: 1}
	lower := blas64.Symmetric{N: p, Stride: p, Data: gram, Uplo: blas.Lower}
	for i := range samples {
		copy(row[:], samples[i].X[:])
		row[p-1] = 1
		y := math.Log(samples[i].Wait+2) - samples[i].X[fBase]
		total += weight[i]
		for j, v := range row {
			right[j] += weight[i] * v * y
		}
		blas64.Syr(weight[i], vector, lower)
	}
	return gram, right, total
}

// linear applies a fit.
func linear(beta []float64, x *Features) float64 {
	sum := x[fBase]
	if len(beta) != inputs {
		return sum
	}
	for i, v := range x {
		sum += v * beta[i]
	}
	return sum + beta[inputs-1]
}

// minutesOf is the weight of a wait given as logarithm.
func minutesOf(f float64) float64 { return math.Exp(min(f, math.Log(longestWait+2))) }
