package local

import "strings"

// stopWords say nothing about what a text is about, in any text.
const stopWords = `
about above across after again against ago all almost along already also although always am among
and another any anybody anyone anything are around as ask at away back be became because become
been before began begin behind being below between both bring but by call came can cannot come could
day did do does doing done down during each early either else end enough even ever every everyone
everything far few for found from full further gave get give given go goes going gone got had has have
having he her here herself him himself his how however i if in including inside instead into is it its
itself just keep kept know known last late later least less let like likely little long look made
make many may maybe me mean might month more most much must my near nearly need never next no nobody
none nor not nothing now of off often on once one only onto or other our out over own part per perhaps
put quite rather really same saw say said says see seem seen set several shall she should show since
six so some someone something soon still such take taken than that their them themselves then there
these they thing think this those though thought three through thus time to today together told tomorrow
too took toward towards tuesday two under until up upon us use used very via want was way we wednesday
week well went were what when where whether which while who whole whom whose why will with within
without would year yes yesterday yet you your monday thursday friday saturday sunday january february
march april june july august september october november december first second four five mr mrs ms
reuters ap afp cnn bbc dont didnt doesnt isnt wasnt cant wont im ive thats hes theyre were weve
according add added statement quot lt gt`

// vagueWords are content words that occur in so many articles that alone they
// show no topic. They count in phrases.
const vagueWords = `
action activity agree agreement area authority based body case cause change city common community
company condition control country course decision deal development different effect effort event
example face fact form general good government great group help high home house human idea important
increase individual interest international issue kind large law lead leader level life live local main
major man matter measure meeting member mean name nation national natural new news number offer office
official old open order organisation organization own person people place plan point policy position
power president problem process programme program project provide public question reason report result
right role run service side social society source special start state story support system term thing
turn type value view week woman work working world young people relation relate related minister
their like other than covered topic subject itself themselves use using made make making`

var (
	stops  = stemSet(stopWords)
	vagues = stemSet(vagueWords)
)

// stemSet returns the hashes of the stems of words.
func stemSet(words string) map[uint64]bool {
	set := make(map[uint64]bool)
	for w := range strings.FieldsSeq(words) {
		set[hashBytes(stem([]byte(w)))] = true
	}
	return set
}

func isStop(stem uint64) bool { return stops[stem] }
