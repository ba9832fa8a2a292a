package article

import (
	"strings"
	"testing"
)

func TestIsPage(t *testing.T) {
	for _, page := range []string{
		"<!DOCTYPE html><p>The ferry sails.",
		"<!doctype HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">\n<p>x",
		"\uFEFF\r\n <html lang=\"en\"><body>The ferry sails.",
		"<?xml version=\"1.0\"?>\n<!DOCTYPE html>\n<html><p>x",
		"<!-- made by a machine --> <!-- twice --><body>x",
		"<p>The ferry sails.</p>",
		"<P CLASS=lead>The ferry sails.",
		"<br/>The ferry sails.",
		"<article\n>x",
	} {
		if !isPage(page) {
			t.Errorf("%q is read as plain text", page)
		}
	}
	for _, text := range []string{
		"",
		"The ferry <b>sails</b> again.",
		"<Northwire> The ferry sails again.",
		"< 5 per cent of ferries sail.",
		"<p",
		"<port of call> The ferry sails.",
		"<!-- no end <p>",
		"<?xml version=\"1.0\"",
		"<?xml version=\"1.0\"?><rss><channel>x",
		"<>",
		"<" + strings.Repeat("a", 1000) + ">",
	} {
		if isPage(text) {
			t.Errorf("%q is read as HTML", text)
		}
	}
}

// A text of no media type is cleaned as what it is.
func TestCleanTellsPages(t *testing.T) {
	const page = "<html><body><article><h1>Ferry sails</h1><p>The ferry to Osmark sails again &amp; on time.</p></article></body></html>"
	d := Clean(Raw{Text: page})
	if !strings.Contains(d.Text, "sails again & on time.") || strings.Contains(d.Text, "<p>") || d.Title != "Ferry sails" {
		t.Errorf("title %q, text %q", d.Title, d.Text)
	}
	if d := Clean(Raw{Text: page, MediaType: MediaTypePlain}); !strings.Contains(d.Text, "<p>") {
		t.Errorf("plain text: %q", d.Text)
	}
}
