package bench

import "fmt"

// ledger is what one caller was given, to be compared with the others'.
type ledger map[string][]int // Service → numbers.

func (l *ledger) note(service string, number int) {
	if *l == nil {
		*l = ledger{}
	}
	(*l)[service] = append((*l)[service], number)
}

// check wants every series to run from 1 without a gap, no number given twice.
func check(all []ledger) error {
	count := map[string]int{}
	for _, l := range all {
		for service, numbers := range l {
			count[service] += len(numbers)
		}
	}
	seen := map[string][]bool{}
	for service, n := range count {
		seen[service] = make([]bool, n)
	}
	for _, l := range all {
		for service, numbers := range l {
			for _, n := range numbers {
				switch {
				case n < 1 || n > count[service]:
					return fmt.Errorf("number %s%03d is out of series: %d were given", service, n, count[service])
				case seen[service][n-1]:
					return fmt.Errorf("number %s%03d was given twice", service, n)
				}
				seen[service][n-1] = true
			}
		}
	}
	return nil
}
