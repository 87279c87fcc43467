package announce

// EnglishWords reads a number in British English, as it is spoken to people who
// learnt it: 1105 is "one thousand one hundred and five". It is what the
// built-in English grammar says.
func EnglishWords(n int64) string {
	g, ok := builtIn().Find("en")
	if !ok || g.nums == nil {
		return ""
	}
	return g.nums.signed(n)
}
