package main

import (
	"context"

	"github.com/xinmoi/xinmoi/queue/web/boards"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// openMedia opens the pictures and videos of the boards.
func (a *app) openMedia() error {
	dir, err := a.data.sub("media")
	if err != nil {
		return err
	}
	a.media, err = boards.OpenMedia(dir)
	return err
}

// openBoards makes the page on which the boards are arranged.
func (a *app) openBoards() (err error) {
	a.boards, err = boards.New(boards.Config{
		Setup: a.engine, Media: a.media, Open: a.web.Screens, Logger: a.log, Build: version(),
	})
	return err
}

// boardsPanel shows the boards to /admin; they are opened after the pages that
// show it.
func (a *app) boardsPanel() page.Panel {
	return page.Panel{ID: "boards", Title: "Bảng hiển thị", TitleEN: "Boards", Rows: func(ctx context.Context) []page.Row {
		return a.boards.Rows(ctx)
	}}
}
