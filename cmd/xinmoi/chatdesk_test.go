package main

import (
	"testing"

	"github.com/xinmoi/xinmoi/bots/webpush"
	"github.com/xinmoi/xinmoi/bots/zalo"
)

// The hall has a screen with a code only where somebody can say it: browsers that are
// told of their turn answer nothing.
func TestHallScreen(t *testing.T) {
	a := &app{}
	a.chats = []*chatLine{{adapter: &webpush.Adapter{}}}
	if a.hallScreen() != nil {
		t.Error("a screen for browsers that say nothing")
	}
	a.chats = append(a.chats, &chatLine{adapter: &zalo.Adapter{}})
	if a.hallScreen() == nil {
		t.Error("no screen although there is a chat")
	}
}
