package local

import "testing"

// What is no part of a story is told from what is.
func TestIsNotice(t *testing.T) {
	for text, want := range map[string]bool{
		"The map is at www.lorn.example from Monday on.":       true,
		"Write to desk@lorn.example until Friday.":             true,
		"Read more on https://lorn.example/ferry.":             true,
		"(It was the third of its kind.)":                      true,
		"• Two ferries a day.":                                 true,
		"1. White Beach, Lorn.":                                true,
		"12. The old mill.":                                    true,
		"12 people came to the mill.":                          false,
		"1.5 million people came to the mill.":                 false,
		"The ferry (it is the third) runs again.":              false,
		"The mayor sold the site lorn.example to the harbour.": false,
		"Paid @ the door.":                                     false,
	} {
		if got := isNotice(text); got != want {
			t.Errorf("isNotice(%q) is %t", text, got)
		}
	}
	for text, want := range map[string]bool{
		"The ferry runs again.":              true,
		"These are the ten best beaches: .":  false,
		"These are the ten best beaches:":    false,
		"He said: “The ferry runs again.”":   true,
		"The ferry, Lorn, Monday":            false,
		"The ferry runs again (on Mondays).": true,
	} {
		if got := isEnded(text); got != want {
			t.Errorf("isEnded(%q) is %t", text, got)
		}
	}
}
