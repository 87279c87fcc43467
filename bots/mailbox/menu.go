package mailbox

import (
	"encoding/json"
	"time"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// menuSchema makes the table of what numbers mean in chats without buttons.
const menuSchema = `
CREATE TABLE menu (
	channel TEXT NOT NULL,
	chat    TEXT NOT NULL,
	choices TEXT NOT NULL,
	at      INTEGER NOT NULL,
	PRIMARY KEY (channel, chat)
) STRICT;
`

// SetMenu notes the choices of the numbered menu that a chat is shown; the
// first is chosen with 1.
func (t *Tx) SetMenu(channel, chat string, choices []string, at time.Time) error {
	list, err := json.Marshal(choices)
	if err != nil {
		return err
	}
	return t.file.Do("INSERT OR REPLACE INTO menu (channel, chat, choices, at) VALUES (?, ?, ?, ?)", channel, chat, string(list), beside.Millis(at))
}

// menu is the choices of one chat.
type menu struct {
	of      [2]string // Channel and chat.
	choices []string
}

func readMenu(s beside.Scanner) (m menu, err error) {
	var list string
	if err := s.Scan(&m.of[0], &m.of[1], &list); err != nil {
		return m, err
	}
	return m, json.Unmarshal([]byte(list), &m.choices)
}
