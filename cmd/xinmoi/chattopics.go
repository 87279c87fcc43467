package main

import (
	"context"

	chatbooking "github.com/xinmoi/xinmoi/bots/booking"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/ivr"
	phonebooking "github.com/xinmoi/xinmoi/ivr/booking"
	"github.com/xinmoi/xinmoi/ivr/callout"
	"github.com/xinmoi/xinmoi/ivr/trunk"
	"github.com/xinmoi/xinmoi/queue"
)

// chatTopics is what can be talked about in chats beside numbers.
func (a *app) chatTopics() ([]dialogue.Topic, error) {
	appointments, err := chatbooking.Topic(chatbooking.Config{Book: a.appointments, Setup: a.setup, Hall: true})
	return []dialogue.Topic{appointments}, err
}

// phoneTopics is what callers can do beside numbers; texter may be nil.
func (a *app) phoneTopics(texter callout.Texter) ([]ivr.Topic, error) {
	return bookingTopic(a.appointments, a.setup, texter)
}

// bookingTopic lets callers book, wherever the appointments are kept; texter may
// be nil.
func bookingTopic(book phonebooking.Book, setup func(context.Context) (queue.Setup, error), texter callout.Texter) ([]ivr.Topic, error) {
	appointments, err := phonebooking.New(phonebooking.Config{
		Book: book, Setup: setup, Writes: func(number string) bool { return texter != nil && trunk.Mobile(number) },
	})
	return []ivr.Topic{appointments}, err
}
