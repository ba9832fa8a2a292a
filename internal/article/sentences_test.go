package article

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sentences returns the sentences that text is cut into.
func sentences(text string) []string {
	d := Clean(Raw{Text: text})
	out := make([]string, len(d.Sentences))
	for i, s := range d.Sentences {
		out[i] = d.Slice(s.Span)
	}
	return out
}

// TestSentences marks the expected ends of sentences with a bar; the text is
// that without the bars.
func TestSentences(t *testing.T) {
	for _, marked := range []string{
		// Abbreviations, initials, numbers.
		"The U.S. army left.| It went to the U.S.| The U.N. stayed.",
		"He met Gen. Moala and Sen. Ada Roe on Sept. 26 at No. 10.| They talked.",
		"The newsroom (CNN)Gov. Ada Roe left.| [Photo]Gen. Moala stayed.",
		"Mr. and Mrs. Roe saw Dr. J. K. Doe, Lt. Col. B. Vea and Ada T. Roe Jr. at 3.30 p.m. on Friday.| It rained.",
		"The ferry left at 5 p.m.| Police saw it go.",
		"The shop opens at 9 a.m. EST on Mondays.| It closes early.",
		"Ships Inc. said it lost $1.5bn.| Ropes Co.| The rest gained 3.5 percent.",
		"Acme Corp. Chief Executive Ada Roe resigned.| Nobody asked why.",
		"It was no. 4 in the list of the St. Mary's team, i.e. nearly last, vs. the best.| Bad luck.",
		"They sailed to Washington, D.C.| They came back by road.",
		"She works at example.com and reads www.example.org/a.b?c=d.| She likes it.",
		"The rate was 2.| He shrugged.",
		"He was born in 2004.| She was not.",
		"1. Fill the form in.| 2. Send it off.| 3. Wait.",
		"He was given a Ph.D. in law.| He left.",
		"World War I.| Then came peace.",
		"The cat sat.| He left on Sat. and came back on Mon.| It sank.",

		// Quotes and brackets.
		`"Go," he said.| "We went." |He nodded.`,
		`He added: "It will help us for the next five years."| They clapped.`,
		`"Why?" she asked.| "Because!" he cried.| "Who pays?" Ada Roe asked reporters.| We do.`,
		`"Is that so?"| The room fell silent.`,
		"‘It is late.’| She left.| “So late?” he asked.| “Yes.”",
		"Amb. Ada Roe and Col. (ret.) Bo Doe spoke.| They left (sic.)| The rest stayed.",
		"The boat (which sank twice!) was towed in.| (Nobody was hurt.)| It rained.",
		"The deal [signed in May] was off.| It was over.",
		`He said: "I know that Yahoo! is gone."| Yahoo! said nothing.`,
		"«Nous partons.»| «Pourquoi ?»| Il a ri.",
		"„Wir gehen.“| Er ging.",
		"Il dit : « Nous partons. »| Puis il partit.",
		"It ended .| \" So it goes . \"| They left .",

		// Stops of other kinds.
		"Wait... what?| No!| Really?!| Yes…| Fine.",
		"He thought... and thought.| Then he left ...| He was late.",
		"She said it was over.|The crowd left.",
		"The iPhone sold.| iPhone sales rose.| He fought al-Shabaab.| al-Shabaab fled.",
		"the tide rose.| the boats sank.| mr. roe swam to no. 4 with gen. vea at 5 p.m.| they were saved.",

		// Other scripts and languages.
		"今日は雨です。|「行こう。」と彼は言った。|明日は？|晴れる！",
		"他说：“我们走吧。”|大家都走了。|真的吗？|是的。",
		"ماذا حدث؟| وصل الوفد، ثم غادر.| انتهى.",
		"یہ پہلا جملہ ہے۔| یہ دوسرا ہے۔",
		"यह पहला वाक्य है।| यह दूसरा है।",
		"¿Quién paga?| ¡Nosotros!| Eso dijo el Sr. López a las EE.UU.",
		"Er kam am 3. Oktober mit Dr. Roe.| Es regnete, z. B. in Kiel.| Am 4. März ging er.",
		"Он приехал в 2023 г. вместе с А. С. Ивановым.| Потом он уехал.",
	} {
		want := strings.Split(marked, "|")
		for i := range want {
			want[i] = strings.TrimSpace(want[i])
		}
		text := strings.ReplaceAll(marked, "|", "")
		if diff := cmp.Diff(want, sentences(text)); diff != "" {
			t.Errorf("sentences of %q (-want +got):\n%s", text, diff)
		}
	}
}

func TestSentencesDoNotCrossParagraphs(t *testing.T) {
	got := sentences("The tide came in at noon and took the pier with it.\n\nBy night it was gone, and nobody could say where to.")
	want := []string{"The tide came in at noon and took the pier with it.", "By night it was gone, and nobody could say where to."}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sentences (-want +got):\n%s", diff)
	}
}

func TestTextOfStopsAlone(t *testing.T) {
	for _, text := range []string{"...", "\"", "?!", ". . .", "(", "— “"} {
		if got := sentences(text); !slices.Equal(got, []string{}) {
			t.Errorf("sentences(%q) = %q, want none: an ornament", text, got)
		}
	}
}

func TestSplitSentences(t *testing.T) {
	for text, want := range map[string][]string{
		"One. Two.": {"One.", "Two."},
		"The U.S. Army and Gen. Lind met Mr. Ek at 5 p.m. in Oslo.": {"The U.S. Army and Gen. Lind met Mr. Ek at 5 p.m. in Oslo."},
		`He said: "We go. They stay." Then he left.`:                {`He said: "We go. They stay."`, "Then he left."},
		"It rose! Did it? Yes.":                                     {"It rose!", "Did it?", "Yes."},
		"Am 14. Oktober begann es. Danach kam mehr.":                {"Am 14. Oktober begann es.", "Danach kam mehr."},
		"Die Kosten steigen auf 260 Mio. Euro.":                     {"Die Kosten steigen auf 260 Mio. Euro."},
		"Mt. Everest is closed. Climbers left.":                     {"Mt. Everest is closed.", "Climbers left."},
		"“We go. They stay,” he said. Then he left":                 {"“We go. They stay,” he said.", "Then he left"},
		"A 27\" screen. It fell. It broke.":                         {"A 27\" screen. It fell. It broke."},
		"no end":                                                    {"no end"},
		"Costs of 3.5 percent. Then more.":                          {"Costs of 3.5 percent.", "Then more."},
	} {
		if got := SplitSentences(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
