package announce_test

import (
	"fmt"

	"github.com/xinmoi/xinmoi/announce"
)

// The same number as it is said in the north and in the south.
func ExampleWords() {
	fmt.Println(announce.Words(1105, announce.North))
	fmt.Println(announce.Words(1105, announce.South))
	// Output:
	// một nghìn một trăm linh năm
	// một ngàn một trăm lẻ năm
}
