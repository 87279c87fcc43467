package live

import (
	"slices"

	"github.com/xinmoi/xinmoi/queue"
)

// Move takes a service from one counter, gives it to another, or both. Either
// counter may be empty, not both.
type Move struct{ Service, From, To string }

// Apply makes the move in a setup of its own; the error tells people why not.
// Where a counter only helped a line, it serves it afterwards.
func (m Move) Apply(s queue.Setup) (queue.Setup, error) {
	s.Counters = slices.Clone(s.Counters)
	if !slices.ContainsFunc(s.Services, func(v queue.Service) bool { return v.ID == m.Service }) {
		return s, queue.Errorf(queue.CodeUnknownService, "không có hàng đợi %q; xin tải lại trang (no such service; please reload)", m.Service)
	}
	if m.From == m.To {
		return s, queue.Errorf(queue.CodeBadRequest, "quầy này đã phục vụ hàng đợi %s (nothing to move)", m.Service)
	}
	for _, step := range []struct {
		counter string
		do      func(*queue.Counter, string) error
	}{{m.From, drop}, {m.To, add}} {
		if step.counter == "" {
			continue
		}
		i := slices.IndexFunc(s.Counters, func(c queue.Counter) bool { return c.ID == step.counter })
		if i < 0 {
			return s, queue.Errorf(queue.CodeUnknownCounter, "không có quầy %q; xin tải lại trang (no such counter; please reload)", step.counter)
		}
		if err := step.do(&s.Counters[i], m.Service); err != nil {
			return s, err
		}
	}
	if !slices.ContainsFunc(s.Counters, func(c queue.Counter) bool { return slices.Contains(c.Services, m.Service) }) {
		return s, queue.Errorf(queue.CodeSetupInUse, "không còn quầy nào phục vụ hàng đợi %s: hãy thêm cho quầy khác trước (no counter would serve %s: give it to another one first)", m.Service, m.Service)
	}
	return s, nil
}

// drop takes a service from a counter, which keeps at least one.
func drop(c *queue.Counter, service string) error {
	if !slices.Contains(c.Services, service) && !slices.Contains(c.Helps, service) {
		return queue.Errorf(queue.CodeStaleVersion, "quầy %s không còn phục vụ hàng đợi %s; xin xem lại (counter %s does not serve %s any more; please look again)", c.ID, service, c.ID, service)
	}
	is := func(s string) bool { return s == service }
	c.Services, c.Helps = slices.DeleteFunc(slices.Clone(c.Services), is), slices.DeleteFunc(slices.Clone(c.Helps), is)
	if len(c.Services) == 0 {
		return queue.Errorf(queue.CodeSetupInUse, "quầy %s phải phục vụ ít nhất một hàng đợi: hãy thêm hàng khác trước (counter %s must serve something: add another service first)", c.ID, c.ID)
	}
	return nil
}

// add gives a service to a counter.
func add(c *queue.Counter, service string) error {
	if slices.Contains(c.Services, service) {
		return queue.Errorf(queue.CodeBadRequest, "quầy %s đã phục vụ hàng đợi %s (counter %s serves %s already)", c.ID, service, c.ID, service)
	}
	c.Helps = slices.DeleteFunc(slices.Clone(c.Helps), func(s string) bool { return s == service })
	c.Services = append(slices.Clone(c.Services), service)
	return nil
}
