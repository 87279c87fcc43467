package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
)

// 200 clients book the last places of a half-hour over the interface of the whole
// program at once, each asking twice under its key: exactly as many have one as
// there are, a repeat changes nothing, and there is an order in which every answer
// was right.
func TestLastPlaceOverHTTP(t *testing.T) {
	const clients, places = 200, 3
	o := stranger(t, 1)
	ctx := t.Context()
	settings := appointment.Settings{Automatic: true, NoList: true, Services: map[string]appointment.Service{"B": {Places: places}}}
	if err := o.app.appointments.SetSettings(ctx, settings); err != nil {
		t.Fatal(err)
	}
	days, err := o.app.appointments.Slots(ctx, "B", "", 3, false)
	if err != nil {
		t.Fatal(err)
	}
	start := days[1].Slots[0].Start
	book := func(id int) (status int, code string) {
		body, err := json.Marshal(map[string]any{"service": "B", "start": start, "contact": fmt.Sprintf("tel:09%08d", id)})
		if err != nil {
			t.Error(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/api/v1/offices/"+o.app.info.ID+"/appointments", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", fmt.Sprintf("client-%d", id))
		r.RemoteAddr = fmt.Sprintf("10.0.%d.%d:4711", id/250, 1+id%250)
		w := httptest.NewRecorder()
		o.app.handler.ServeHTTP(w, r)
		var answer struct{ Code string }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Errorf("%d: %s", w.Code, w.Body)
		}
		return w.Code, answer.Code
	}
	var mu sync.Mutex
	var history []porcupine.Operation
	begin, begins := time.Now(), make(chan struct{})
	var all sync.WaitGroup
	for id := range clients {
		all.Go(func() {
			<-begins
			from := time.Since(begin)
			status, code := book(id)
			to := time.Since(begin)
			mu.Lock()
			history = append(history, porcupine.Operation{ClientId: id, Input: id, Call: int64(from), Output: status == http.StatusCreated, Return: int64(to)})
			mu.Unlock()
			if status != http.StatusCreated && status != http.StatusConflict {
				t.Errorf("client %d: %d", id, status)
			}
			if again, same := book(id); again != status || same != code {
				t.Errorf("client %d: %d %s, asked again %d %s", id, status, code, again, same)
			}
		})
	}
	close(begins)
	all.Wait()
	model := porcupine.Model{
		Init: func() any { return 0 },
		Step: func(state, _, out any) (bool, any) {
			taken := state.(int)
			if out.(bool) {
				return taken < places, taken + 1
			}
			return taken == places, taken
		},
	}
	if !porcupine.CheckOperations(model, history) {
		t.Error("no order explains the answers")
	}
	list, err := o.app.appointments.List(ctx, start, start.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	have := 0
	for _, b := range list {
		if b.Service == "B" && b.State.HasPlace() && b.Channel == queue.Web {
			have++
		}
	}
	if have != places {
		t.Errorf("%d have a place, there are %d", have, places)
	}
}
