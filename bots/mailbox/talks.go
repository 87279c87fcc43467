package mailbox

import (
	"context"
	"encoding/json"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// Talk is what is known of a chat when one of its letters is answered.
type Talk struct {
	Chat     Chat
	Bindings []Binding // Oldest first, ended ones too.
	Menu     []string  // Choices of its latest numbered menu.
}

// Talks tells what is known of the chats of some letters, each of another chat,
// in their order: three questions to the file, however many letters there are.
func (b *Box) Talks(ctx context.Context, letters []Letter) ([]Talk, error) {
	talks, at := make([]Talk, len(letters)), map[[2]string]*Talk{}
	names := make([][2]string, len(letters))
	for i, l := range letters {
		names[i] = [2]string{l.Channel, l.Chat}
		talks[i].Chat, at[names[i]] = Chat{Channel: l.Channel, ID: l.Chat}, &talks[i]
	}
	list, err := json.Marshal(names)
	if err != nil {
		return nil, err
	}
	const of = ` FROM (SELECT json_extract(value, '$[0]') AS c, json_extract(value, '$[1]') AS n FROM json_each(?)) CROSS JOIN `
	chats, err := beside.All(ctx, b.read, readChat, "SELECT "+chatColumns+of+"chat ON channel = c AND chat = n", string(list))
	if err != nil {
		return nil, err
	}
	for _, c := range chats {
		if t := at[[2]string{c.Channel, c.ID}]; t != nil {
			t.Chat = c
		}
	}
	bindings, err := beside.All(ctx, b.read, readBinding, "SELECT "+bindingColumns+of+"binding ON channel = c AND chat = n ORDER BY id", string(list))
	if err != nil {
		return nil, err
	}
	for _, v := range bindings {
		if t := at[[2]string{v.Channel, v.Chat}]; t != nil {
			t.Bindings = append(t.Bindings, v)
		}
	}
	menus, err := beside.All(ctx, b.read, readMenu, "SELECT channel, chat, choices"+of+"menu ON channel = c AND chat = n", string(list))
	for _, m := range menus {
		if t := at[m.of]; t != nil {
			t.Menu = m.choices
		}
	}
	return talks, err
}
