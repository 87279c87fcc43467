// Package page gives every people-facing page of xinmoi the same clothes: the
// HTML layout, the colours and type, the language switch, the security
// headers, the live connection, and the panels that channels show to /admin.
//
// Pages are html/template files that define "main"; texts stand in the
// templates in both languages, {{.T "Gọi số tiếp theo" "Call next"}}, so that
// the two can be read side by side and neither is forgotten. Nothing is loaded
// from outside the server: an office without internet shows every page whole.
package page
