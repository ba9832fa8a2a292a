// Cldr writes internal/grounding/cldr.txt: names of months, weekdays, states and cities
// in the languages that grounding knows, out of Unicode's Common Locale Data Repository.
//
//	go run ./cldr DIR >../internal/grounding/cldr.txt
//
// DIR holds the folder main of the npm packages cldr-localenames-full and
// cldr-dates-full, unpacked over one another.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// languages are the languages of the table. Norwegian is "no" in CLDR, and "nb" in news.
var languages = strings.Fields(`ar az be bg bn bs ca cs da de el en es et fa fi fr gl he hi hr hu hy id is it ja ka kk ko lt lv mk ms nl no
	pl pt ro ru sk sl sq sr sv sw ta th tr uk ur vi zh zh-Hant`)

// cities are the zones that are named after other cities of news.
var cities = strings.Fields(`New_York Los_Angeles Chicago Denver Detroit Phoenix Toronto Vancouver Montreal Winnipeg Halifax Sao_Paulo Guayaquil Tijuana
	Monterrey Lagos Casablanca Johannesburg Abidjan Dar_es_Salaam Douala Lubumbashi Istanbul Shanghai Hong_Kong Macau Karachi Calcutta Saigon Almaty Dubai
	Aden Hebron Gaza Sydney Melbourne Brisbane Perth Adelaide Darwin Auckland Vladivostok Yekaterinburg Novosibirsk Omsk Samara Volgograd Kaliningrad
	Simferopol Zaporozhye Irkutsk Krasnoyarsk Zurich Urumqi`)

// capitals are the zones that are named after a capital, with the state. The capitals
// that no zone is named after stand in the files of the languages.
var capitals = map[string]string{}

func init() {
	for pair := range strings.FieldsSeq(`Africa/Accra=GH Africa/Addis_Ababa=ET Africa/Algiers=DZ Africa/Asmara=ER Africa/Bamako=ML Africa/Bangui=CF
		Africa/Banjul=GM Africa/Bissau=GW Africa/Brazzaville=CG Africa/Cairo=EG Africa/Conakry=GN Africa/Dakar=SN
		Africa/Djibouti=DJ Africa/Freetown=SL Africa/Gaborone=BW Africa/Harare=ZW Africa/Juba=SS Africa/Kampala=UG Africa/Khartoum=SD
		Africa/Kigali=RW Africa/Kinshasa=CD Africa/Libreville=GA Africa/Lome=TG Africa/Luanda=AO Africa/Lusaka=ZM Africa/Malabo=GQ
		Africa/Maputo=MZ Africa/Maseru=LS Africa/Mbabane=SZ Africa/Mogadishu=SO Africa/Monrovia=LR Africa/Nairobi=KE Africa/Ndjamena=TD
		Africa/Niamey=NE Africa/Nouakchott=MR Africa/Ouagadougou=BF Africa/Porto-Novo=BJ Africa/Sao_Tome=ST Africa/Tripoli=LY Africa/Tunis=TN
		Africa/Windhoek=NA America/Argentina/Buenos_Aires=AR America/Buenos_Aires=AR America/Asuncion=PY America/Bogota=CO America/Caracas=VE
		America/Costa_Rica=CR America/El_Salvador=SV America/Guatemala=GT America/Guyana=GY America/Havana=CU America/Jamaica=JM America/La_Paz=BO
		America/Lima=PE America/Managua=NI America/Mexico_City=MX America/Montevideo=UY America/Nassau=BS America/Panama=PA
		America/Paramaribo=SR America/Port-au-Prince=HT America/Santiago=CL America/Santo_Domingo=DO America/Tegucigalpa=HN
		Asia/Amman=JO Asia/Ashgabat=TM Asia/Baghdad=IQ Asia/Bahrain=BH Asia/Baku=AZ Asia/Bangkok=TH Asia/Beirut=LB Asia/Bishkek=KG Asia/Brunei=BN
		Asia/Colombo=LK Asia/Damascus=SY Asia/Dhaka=BD Asia/Dili=TL Asia/Dushanbe=TJ Asia/Jakarta=ID Asia/Jerusalem=IL Asia/Kabul=AF
		Asia/Katmandu=NP Asia/Kuala_Lumpur=MY Asia/Kuwait=KW Asia/Manila=PH Asia/Muscat=OM Asia/Nicosia=CY Asia/Phnom_Penh=KH Asia/Pyongyang=KP
		Asia/Qatar=QA Asia/Riyadh=SA Asia/Seoul=KR Asia/Singapore=SG Asia/Taipei=TW Asia/Tashkent=UZ Asia/Tbilisi=GE Asia/Tehran=IR Asia/Thimphu=BT
		Asia/Tokyo=JP Asia/Ulaanbaatar=MN Asia/Vientiane=LA Asia/Yerevan=AM Atlantic/Reykjavik=IS Atlantic/Cape_Verde=CV
		Europe/Amsterdam=NL Europe/Andorra=AD Europe/Athens=GR Europe/Belgrade=RS Europe/Berlin=DE Europe/Bratislava=SK Europe/Brussels=BE Europe/Bucharest=RO
		Europe/Budapest=HU Europe/Chisinau=MD Europe/Copenhagen=DK Europe/Dublin=IE Europe/Helsinki=FI Europe/Kiev=UA Europe/Lisbon=PT
		Europe/Ljubljana=SI Europe/London=GB Europe/Luxembourg=LU Europe/Madrid=ES Europe/Malta=MT Europe/Minsk=BY Europe/Monaco=MC Europe/Moscow=RU
		Europe/Oslo=NO Europe/Paris=FR Europe/Podgorica=ME Europe/Prague=CZ Europe/Riga=LV Europe/Rome=IT Europe/San_Marino=SM Europe/Sarajevo=BA
		Europe/Skopje=MK Europe/Sofia=BG Europe/Stockholm=SE Europe/Tallinn=EE Europe/Tirane=AL Europe/Vaduz=LI Europe/Vatican=VA Europe/Vienna=AT
		Europe/Vilnius=LT Europe/Warsaw=PL Europe/Zagreb=HR Indian/Antananarivo=MG Indian/Maldives=MV Indian/Mauritius=MU Pacific/Fiji=FJ Pacific/Port_Moresby=PG`) {
		zone, state, _ := strings.Cut(pair, "=")
		capitals[zone] = state
	}
}

// islets are territories that news does not speak of, or whose names are others' too.
const islets = "AC AQ AS AX BL BQ BV CC CK CP CQ CX DG EA EZ GS HM IC IM IO JE MF MP NF NU PN RE SJ TA TF TK UM WF YT SH PM GP MQ TC VG VI KY AI AW GG MS BM FK FO GI"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "cldr: name the directory that holds main of cldr-localenames-full and cldr-dates-full")
		os.Exit(2)
	}
	out := bufio.NewWriter(os.Stdout)
	err := write(out, os.Args[1])
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cldr:", err)
		os.Exit(1)
	}
}

func write(out io.Writer, dir string) error {
	fmt.Fprintln(out, "# Months, weekdays, states and cities by language. Made by tools/cldr of Unicode CLDR 48,")
	fmt.Fprintln(out, "# Copyright 1991-2025 Unicode, Inc., under the Unicode License V3. Do not edit.")
	for _, language := range languages {
		if err := writeLanguage(out, filepath.Join(dir, "main", language), language); err != nil {
			return fmt.Errorf("%s: %w", language, err)
		}
	}
	return nil
}

// tree is JSON of any form.
type tree map[string]any

func read(path string) (tree, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var t tree
	return t, json.Unmarshal(data, &t)
}

// at follows keys into t; what is not there is empty.
func (t tree) at(keys ...string) tree {
	for _, key := range keys {
		next, _ := t[key].(map[string]any)
		t = next
	}
	return t
}

func (t tree) keys() []string {
	var keys []string
	for key := range t {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func writeLanguage(out io.Writer, dir, language string) error {
	fmt.Fprintf(out, "= %s\n", strings.ToLower(language))
	dates, err := read(filepath.Join(dir, "ca-gregorian.json"))
	if err != nil {
		return err
	}
	calendar := dates.at("main", language, "dates", "calendars", "gregorian")
	for i := range 12 {
		key := fmt.Sprint(i + 1)
		writeNames(out, "month "+key, formsOf(calendar.at("months"), key))
	}
	for i, key := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
		writeNames(out, fmt.Sprint("weekday ", i+1), formsOf(calendar.at("days"), key))
	}
	names, err := read(filepath.Join(dir, "territories.json"))
	if err != nil {
		return err
	}
	territories := names.at("main", language, "localeDisplayNames", "territories")
	places := make(map[string][]string)
	for _, key := range territories.keys() {
		code, alternative, _ := strings.Cut(key, "-alt-")
		if len(code) != 2 || strings.Contains(islets, code) || code == "ZZ" || code == "XA" || code == "XB" || code == "QO" || alternative == "menu" {
			continue
		}
		places[code] = append(places[code], alternatives(territories[key].(string))...)
	}
	zones, err := read(filepath.Join(dir, "timeZoneNames.json"))
	if err != nil {
		return err
	}
	if strings.ContainsAny(territories["FR"].(string), "FfPp") { // in Latin letters
		for zone, code := range capitals {
			places[code] = append(places[code], zoneName(zone))
		}
		for _, city := range cities {
			places[city] = append(places[city], zoneName(city))
		}
	}
	addCities(places, zones.at("main", language, "dates", "timeZoneNames", "zone"), "", language)
	var codes []string
	for code := range places {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		writeNames(out, "place "+code, places[code])
	}
	return nil
}

// zoneName returns the city that a zone is named after.
func zoneName(zone string) string {
	return strings.ReplaceAll(zone[strings.LastIndexByte(zone, '/')+1:], "_", " ")
}

// formsOf returns the wide and the abbreviated names under key, within and outside dates.
func formsOf(names tree, key string) []string {
	var forms []string
	for _, context := range []string{"format", "stand-alone"} {
		for _, width := range []string{"wide", "abbreviated"} {
			if name, ok := names.at(context, width)[key].(string); ok {
				forms = append(forms, strings.TrimSuffix(name, "."))
			}
		}
	}
	return forms
}

// alternatives splits "Myanmar (Burma)" and takes the explanation off "Hong Kong, SAR".
func alternatives(name string) []string {
	before, inside, ok := strings.Cut(name, "(")
	if !ok {
		before, inside, ok = strings.Cut(name, "（")
	}
	before, _, _ = strings.Cut(before, ",")
	names := []string{strings.TrimSpace(before)}
	if ok {
		names = append(names, strings.Trim(inside, " ()）"))
	}
	return names
}

// addCities adds the cities that zones are named after: capitals to their states. CLDR leaves
// out names that equal the name of the zone.
func addCities(places map[string][]string, zones tree, prefix, language string) {
	for _, key := range zones.keys() {
		zone := prefix + key
		below := zones.at(key)
		if city, ok := below["exemplarCity"].(string); ok {
			code := capitals[zone]
			if code == "" {
				if code = key; !slices.Contains(cities, code) {
					continue
				}
			}
			places[code] = append(places[code], city)
			continue
		}
		addCities(places, below, zone+"/", language)
	}
}

// writeNames writes a line of names, each once, apart by "|".
func writeNames(out io.Writer, what string, names []string) {
	var kept []string
	for _, name := range names {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(kept, name) {
			kept = append(kept, name)
		}
	}
	if len(kept) > 0 {
		fmt.Fprintf(out, "%s %s\n", what, strings.Join(kept, "|"))
	}
}
