package article

import (
	"testing"
)

func TestIsFragment(t *testing.T) {
	for _, tt := range []struct {
		language, text string
		want           bool
	}{
		{"en", "The 10-year defence cooperation agreement", true},
		{"en", "The 10-year defence cooperation agreement.", true},
		{"en", "Six new patrol boats for the coast guard of Belmonte", true},
		{"en-GB", "A budget of 40 million crowns for the harbour", true},
		{"en", "Norland signed the agreement on Tuesday", false},
		{"en", "Critics want a vote.", false},
		{"en", "“We will go on,” she said.", false},
		{"en", "The minister (a lawyer) resigned (on Monday).", false},
		{"en", "Nobody was hurt", false},
		{"de", "Das zehnjährige Abkommen über die Verteidigung", true},
		{"de", "Die Regierung stimmte am Montag zu.", false},
		{"fr", "Un accord de dix ans", true},
		{"zh", "為期十年的防務合作協議", true},
		{"zh", "兩國簽署了協議。", false},
		{"hi", "दोनों देशों ने समझौते पर हस्ताक्षर किए।", false},
		{"ar", "وقع البلدان الاتفاق.", false},
		{"th", "สองประเทศลงนามข้อตกลง", false}, // Thai ends sentences with a space
	} {
		if got := IsFragment(tt.text, tt.language); got != tt.want {
			t.Errorf("%s: %q is a fragment: %t, want %t", tt.language, tt.text, got, tt.want)
		}
	}
}
