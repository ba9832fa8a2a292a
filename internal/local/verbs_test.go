package local

import "testing"

func TestStates(t *testing.T) {
	for part, want := range map[string]bool{
		"The port of Lorn was closed on Monday":               true,
		"Divers freed the ferry":                              true,
		"There's a reward for the bells":                      true,
		"The mayor can't say why the bells rang":              true,
		"It isn’t known who rang the bells":                   true,
		"The port said that day that it had closed":           true,
		"The port is shut when storms are forecast":           true,
		"The men who rowed out in the night were found":       true,
		"All three of that woman's boats are lost":            true,
		"The boats that day were late":                        true,
		"stormed a prison":                                    true,
		"burned her boat":                                     true,
		"A mob that the police had let in was arrested":       true,
		"The men who rowed out in the night":                  false,
		"A boat that went down off Marena":                    false,
		"The quarrel over a film that was also shown in Lorn": false,
		"The years when the mine was open":                    false,
		"who was a member of the club":                        false,
		"The quarrel over a film that was never allowed":      false,
		"The quarrel over a film that was quietly shelved":    false,
		"found by divers after the boat was lost":             false,
		"using boats built and sold in Lorn":                  false,
		"named locally as Jonas Berg":                         false,
		"escaped":                                             false,
		"A hundred armed men in masked lines":                 false,
		"A wounded man with 20 stranded whales":               false,
		"The head of alleged thieves":                         false,
		"A two-masted ship from Red Rock":                     false,
		"Fred":                                                false,
		"a nurse at the hospital of Lorn":                     false,
		"":                                                    false,
	} {
		if got := states(part); got != want {
			t.Errorf("%q: states %t", part, got)
		}
	}
}

func TestHasVerb(t *testing.T) {
	for text, want := range map[string]bool{
		`the "Tern" sank and was raised`: true,
		"he (finally) said.":             true,
		"that day in May":                false,
		"led":                            true,
		"bed":                            false,
		"":                               false,
	} {
		if got := hasVerb(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
