package bots

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// TestChaos lets people take numbers while updates repeat, sends fail in every
// way and the bot is restarted: everyone gets one number and hears of it, every
// call that lasts is heard, and nobody hears "nearly" after the call. XINMOI_CHAOS
// asks for more than the usual test has.
func TestChaos(t *testing.T) {
	seeds := uint64(6)
	if n, err := strconv.ParseUint(os.Getenv("XINMOI_CHAOS"), 10, 32); err == nil {
		seeds = n
	}
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(seed, 1))
		dice := make([]int, 40)
		for i := range dice {
			dice[i] = rng.IntN(100)
		}
		var wrong []string
		synctest.Test(t, func(t *testing.T) { wrong = chaos(t, dice) })
		if len(wrong) > 0 {
			t.Fatalf("seed %d: %s", seed, strings.Join(wrong, "\n"))
		}
	}
}

func chaos(t *testing.T, dice []int) (wrong []string) {
	const people = 5
	c := newFakeChannel(telegramPace())
	calls := 0
	c.refuse = func(n int, _ string) error {
		c.arrives = false
		if calls >= 25 { // In the end it works.
			return nil
		}
		calls++
		switch dice[n%len(dice)] % 8 {
		case 0:
			return &Failure{Class: Retry, Err: errors.New("later")}
		case 1:
			return &Failure{Class: Unreachable, Err: errors.New("no route")}
		case 2:
			return &Failure{Class: Ambiguous, Err: errors.New("reset")}
		case 3:
			c.arrives = true
			return &Failure{Class: Ambiguous, Err: errors.New("reset afterwards")}
		}
		return nil
	}
	h := newHall(t, c)
	defer func() { h.stopAll() }()
	for i := range people {
		id := fmt.Sprint("take", i)
		for range 1 + dice[i]%3 { // Updates repeat.
			c.say(fmt.Sprint(i+1), id, "lấy số A")
		}
		if dice[i+10]%4 == 0 {
			h.stopBot()
			h.start()
		}
	}
	h.settleFor(2 * time.Minute)
	for i := range people {
		if dice[i+20]%2 == 0 {
			h.stopBot()
			h.start()
		}
		h.settleFor(time.Duration(dice[i+25]) * 100 * time.Millisecond)
		ticket, err := h.engine.Next(t.Context(), queue.CounterRequest{Counter: "1"})
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("call %d: %v", i, err))
			continue
		}
		h.settleFor(time.Duration(20+dice[i+30]) * time.Second)
		h.finish(ticket.ID)
	}
	h.settleFor(5 * time.Minute)
	return append(wrong, judge(c.all(), people)...)
}

// judge finds what must not happen in what people heard.
func judge(sent []sending, people int) (wrong []string) {
	numbers := map[string]string{} // Number → chat.
	for chat := 1; chat <= people; chat++ {
		number, called := "", false
		for _, s := range sent {
			if s.chat != fmt.Sprint(chat) || s.edited != "" {
				continue
			}
			if rest, ok := strings.CutPrefix(s.text, "Số của anh/chị: "); ok {
				n, _, _ := strings.Cut(rest, "\n")
				if number != "" && number != n {
					wrong = append(wrong, fmt.Sprintf("chat %d got %s and %s", chat, number, n))
				}
				number = n
			}
			if strings.HasPrefix(s.text, "Mời số ") {
				called = true
			}
			if called && strings.Contains(s.text, "sắp đến lượt") {
				wrong = append(wrong, fmt.Sprintf("chat %d heard nearly after the call", chat))
			}
		}
		if other, taken := numbers[number]; number == "" || !called || taken {
			wrong = append(wrong, fmt.Sprintf("chat %d: number %q (also %s), called %v", chat, number, other, called))
		}
		numbers[number] = fmt.Sprint(chat)
	}
	return wrong
}
