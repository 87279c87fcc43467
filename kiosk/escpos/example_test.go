package escpos_test

import (
	"fmt"
	"image"
	"log"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// A job is one picture between a start and a cut; the printer answers with the
// id once the paper is out.
func Example() {
	paper, err := escpos.NewBitmap(16, 2)
	if err != nil {
		log.Fatal(err)
	}
	paper.Fill(image.Rect(0, 0, 8, 1), true)
	var job escpos.Encoder
	job.Init()
	if err := job.Raster(paper); err != nil {
		log.Fatal(err)
	}
	job.Cut()
	fmt.Printf("% x\n", job.Bytes())
	// Output: 1b 40 1d 76 30 00 02 00 02 00 ff 00 00 00 1d 56 42 00
}

// What printers answer comes in pieces and among other answers.
func ExampleAnswers() {
	var answers escpos.Answers
	bytes := escpos.AppendProcessID(nil, escpos.NewID(7))
	for _, part := range [][]byte{bytes[:3], bytes[3:]} {
		for _, a := range answers.Feed(part) {
			fmt.Println(a.ID == escpos.NewID(7))
		}
	}
	// Output: true
}
