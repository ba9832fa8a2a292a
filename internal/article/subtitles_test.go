package article

import (
	"strings"
	"testing"
)

// subtitlePieces are subtitles, with the paragraphs of each.
var subtitlePieces = []struct {
	name, text string
	paragraphs []string
}{
	{"SubRip", "\ufeff1\r\n00:00:01,000 --> 00:00:04,200\r\nThe ferry between Lorn and Skerry\r\nsailed again on Friday,\r\n\r\n2\r\n00:00:04,500 --> 00:00:07,900\r\n<i>three weeks</i> {\\an8}after the flood.\r\n\r\n" +
		"3\r\n00:00:08,000 --> 00:00:11,000\r\n- Who pays for the 2 < 3 crowns?\r\n- The council does.\r\n\r\n4\r\n00:00:11,500 --> 00:00:14,000\r\n40 passengers were on board.\r\n", []string{
		"The ferry between Lorn and Skerry sailed again on Friday, three weeks after the flood.",
		"Who pays for the 2 < 3 crowns?", "The council does.", "40 passengers were on board.",
	}},
	{"WebVTT", "WEBVTT - Evening news\nKind: captions\n\nNOTE a remark\nof two lines\n\nSTYLE\n::cue { color: lime }\n\nintro\n00:01.000 --> 00:04.200 align:start\nThe ferry sailed again.\n\n00:04.500 --> 00:07.900\n<v Ada Roe>It had been <c.loud>out of service</c>\nfor three weeks.</v>\n", []string{
		"The ferry sailed again.", "It had been out of service for three weeks.",
	}},
	{"Japanese", "1\n00:00:01,000 --> 00:00:04,200\n北浜の灯台が\n金曜日に再び点灯した。\n\n2\n00:00:04,500 --> 00:00:07,900\n修理には三か月かかった。\n", []string{
		"北浜の灯台が金曜日に再び点灯した。", "修理には三か月かかった。",
	}},
	{"a blank line in a cue", "1\n00:00:01,000 --> 00:00:04,200\nThe ferry sailed again\n\non Friday.\n", []string{"The ferry sailed again on Friday."}},
}

func TestSubtitles(t *testing.T) {
	for _, s := range subtitlePieces {
		t.Run(s.name, func(t *testing.T) {
			src := Raw{Text: s.text}
			d := Clean(src)
			checkInvariants(t, src, d)
			checkOffsets(t, src, d)
			if got := strings.Split(d.Text, "\n\n"); strings.Join(got, "|") != strings.Join(s.paragraphs, "|") {
				t.Errorf("got %q, want %q", got, s.paragraphs)
			}
		})
	}
}

// TestNoSubtitles reads a list with an arrow as it is.
func TestNoSubtitles(t *testing.T) {
	for _, text := range []string{"1\nLorn --> Skerry\n\nThe ferry between Lorn and Skerry sailed again on Friday.", "1\n\nThe ferry sailed again on Friday."} {
		if p := readSubtitles(text); p != nil {
			t.Errorf("%q was read as subtitles", text)
		}
	}
}
