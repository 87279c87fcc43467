package page

import "html/template"

// Where a script or style sheet is lost on its way, nobody stands before a board
// to load the page once more: it would show for ever what it showed then. The
// file is asked for until it comes; only then is the page loaded anew, so that a
// server that is gone does not take what is shown with it. It is the one script
// within a page: a file of its own could be lost as well.
const again = `addEventListener("error",function(e){var t=e.target,f=t.src||t.href;` +
	`if(t.tagName!=="SCRIPT"&&t.rel!=="stylesheet")return;` +
	`setTimeout(function ask(){var q=new XMLHttpRequest();q.open("GET",f);` +
	`q.onload=function(){q.status===200?location.replace(location.pathname+location.search):setTimeout(ask,3000)};` +
	`q.onerror=function(){setTimeout(ask,3000)};q.send()},1000)},true)`

// Again is a script for the head, before all files, of pages that nobody tends:
// see ScriptPolicy, which a policy needs for it.
const Again template.HTML = "<script>" + again + "</script>"

// ScriptPolicy is a directive of a Content-Security-Policy: own scripts, and Again
// by the SHA-256 of its text (CSP Level 3, "hash-source").
const ScriptPolicy = "script-src 'self' 'sha256-vz8LLnKKCazuoxjVBNHpMoYVRz7G4vuf4Rj1nS3jQZg='"

// Again is the script of that name, for templates.
func (v View) Again() template.HTML { return Again }
