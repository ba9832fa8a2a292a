package local_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/local"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// samples are invented reports of a ferry that ran aground, in the languages that
// the engine knows by name. The first sentence tells the story and the second
// one leans on it.
var samples = map[string][]string{
	"es": {
		"Un transbordador con 240 pasajeros encalló el lunes frente a la isla de Marena tras perder el timón en plena tormenta, informó la guardia costera.",
		"Pero nadie resultó herido de gravedad.",
		"La guardia costera de Marena envió tres remolcadores para liberar el transbordador antes de la marea alta.",
		"El capitán declaró que el timón había sido reparado hace dos semanas en el puerto de Sorell.",
		"Los pescadores de la isla llevaron mantas y café a los pasajeros durante la noche.",
	},
	"fr": {
		"Un traversier transportant 240 passagers s'est échoué lundi devant l'île de Marène après avoir perdu son gouvernail dans la tempête, ont annoncé les garde-côtes.",
		"Mais personne n'a été gravement blessé.",
		"Les garde-côtes de Marène ont envoyé trois remorqueurs pour dégager le traversier avant la marée haute.",
		"Le capitaine a déclaré que le gouvernail avait été réparé il y a deux semaines au port de Sorelle.",
		"Les pêcheurs de l'île ont apporté des couvertures et du café aux passagers pendant la nuit.",
	},
	"de": {
		"Eine Fähre mit 240 Passagieren ist am Montag vor der Insel Marena auf Grund gelaufen, nachdem sie im Sturm ihr Ruder verloren hatte, teilte die Küstenwache mit.",
		"Aber niemand wurde schwer verletzt.",
		"Die Küstenwache von Marena schickte drei Schlepper, um die Fähre vor der Flut zu befreien.",
		"Der Kapitän sagte, das Ruder sei vor zwei Wochen im Hafen von Sorell repariert worden.",
		"Fischer der Insel brachten den Passagieren in der Nacht Decken und Kaffee.",
	},
	"pt": {
		"Uma balsa com 240 passageiros encalhou na segunda-feira em frente à ilha de Marena depois de perder o leme durante a tempestade, informou a guarda costeira.",
		"Mas ninguém ficou gravemente ferido.",
		"A guarda costeira de Marena enviou três rebocadores para libertar a balsa antes da maré alta.",
		"O capitão declarou que o leme havia sido consertado há duas semanas no porto de Sorel.",
		"Pescadores da ilha levaram cobertores e café aos passageiros durante a noite.",
	},
	"ru": {
		"Паром с 240 пассажирами на борту сел в понедельник на мель у острова Марена, потеряв руль во время шторма, сообщила береговая охрана.",
		"Но никто серьёзно не пострадал.",
		"Береговая охрана Марены отправила три буксира, чтобы снять паром с мели до прилива.",
		"Капитан заявил, что руль был отремонтирован две недели назад в порту Сорель.",
		"Рыбаки острова ночью привезли пассажирам одеяла и кофе.",
	},
	"ar": {
		"جنحت عبارة تقل 240 راكبا يوم الاثنين قبالة جزيرة مارينا بعد أن فقدت دفتها في العاصفة، حسبما أعلن خفر السواحل.",
		"لكن لم يصب أحد بجروح خطيرة.",
		"أرسل خفر السواحل في مارينا ثلاث قاطرات لتحرير العبارة قبل ارتفاع المد.",
		"وقال القبطان إن الدفة أصلحت قبل أسبوعين في ميناء سوريل.",
		"وحمل صيادو الجزيرة البطانيات والقهوة إلى الركاب خلال الليل.",
	},
	"zh": {
		"海岸警卫队表示，一艘载有240名乘客的渡轮周一在马雷纳岛附近因风暴失去船舵而搁浅。",
		"但无人受重伤。",
		"马雷纳岛海岸警卫队派出三艘拖船，要在涨潮前把渡轮拖离浅滩。",
		"船长说，船舵两周前刚在索雷尔港修理过。",
		"岛上的渔民连夜给乘客送去毛毯和咖啡。",
	},
	"it": {
		"Un traghetto con 240 passeggeri a bordo si è incagliato lunedì davanti all'isola di Marena dopo aver perso il timone nella tempesta, ha comunicato la guardia costiera.",
		"Ma nessuno è rimasto ferito gravemente.",
		"La guardia costiera di Marena ha inviato tre rimorchiatori per liberare il traghetto prima dell'alta marea.",
		"Il comandante ha dichiarato che il timone era stato riparato due settimane fa nel porto di Sorel.",
		"I pescatori dell'isola hanno portato coperte e caffè ai passeggeri durante la notte.",
	},
	"nl": {
		"Een veerboot met 240 passagiers is maandag voor het eiland Marena aan de grond gelopen nadat het schip in de storm zijn roer had verloren, meldde de kustwacht.",
		"Maar niemand raakte ernstig gewond.",
		"De kustwacht van Marena stuurde drie sleepboten om de veerboot voor het hoogwater los te trekken.",
		"De kapitein zei dat het roer twee weken geleden in de haven van Sorel was gerepareerd.",
		"Vissers van het eiland brachten de passagiers in de nacht dekens en koffie.",
	},
	"pl": {
		"Prom z 240 pasażerami na pokładzie osiadł w poniedziałek na mieliźnie koło wyspy Marena, gdy podczas sztormu stracił ster, poinformowała straż przybrzeżna.",
		"Ale nikt nie został ciężko ranny.",
		"Straż przybrzeżna z Mareny wysłała trzy holowniki, by ściągnąć prom z mielizny przed przypływem.",
		"Kapitan powiedział, że ster był naprawiany dwa tygodnie temu w porcie Sorel.",
		"Rybacy z wyspy przywieźli w nocy pasażerom koce i kawę.",
	},
	"uk": {
		"Пором із 240 пасажирами на борту сів у понеділок на мілину біля острова Марена, втративши кермо під час шторму, повідомила берегова охорона.",
		"Але ніхто серйозно не постраждав.",
		"Берегова охорона Марени відправила три буксири, щоб зняти пором з мілини до припливу.",
		"Капітан заявив, що кермо відремонтували два тижні тому в порту Сорель.",
		"Рибалки острова вночі привезли пасажирам ковдри й каву.",
	},
	"tr": {
		"Sahil güvenlik, 240 yolcu taşıyan bir feribotun pazartesi günü fırtınada dümenini kaybederek Marena adası açıklarında karaya oturduğunu bildirdi.",
		"Ancak kimse ağır yaralanmadı.",
		"Marena sahil güvenliği, feribotu kabarma öncesinde kurtarmak için üç römorkör gönderdi.",
		"Kaptan, dümenin iki hafta önce Sorel limanında onarıldığını söyledi.",
		"Ada balıkçıları gece boyunca yolculara battaniye ve kahve taşıdı.",
	},
	"ja": {
		"沿岸警備隊によると、乗客240人を乗せたフェリーが月曜日、マレナ島沖で嵐のためかじを失い、座礁した。",
		"しかし、重傷者はいない。",
		"マレナ島の沿岸警備隊は、満潮の前にフェリーを離礁させるため、引き船3隻を派遣した。",
		"船長は、かじは2週間前にソレル港で修理したばかりだと話した。",
		"島の漁師たちは夜通し、乗客に毛布とコーヒーを届けた。",
	},
	"sw": {
		"Kivuko kilichobeba abiria 240 kilikwama Jumatatu karibu na kisiwa cha Marena baada ya kupoteza usukani wakati wa dhoruba, walinzi wa pwani walisema.",
		"Lakini hakuna mtu aliyejeruhiwa vibaya.",
		"Walinzi wa pwani wa Marena walituma boti tatu za kuvuta ili kukiokoa kivuko hicho kabla ya maji kujaa.",
		"Nahodha alisema kwamba usukani ulikuwa umetengenezwa wiki mbili zilizopita katika bandari ya Soreli.",
		"Wavuvi wa kisiwa hicho waliwaletea abiria blanketi na kahawa usiku kucha.",
	},
}

func TestSummariesInOtherLanguages(t *testing.T) {
	for _, language := range local.Languages(taxonomy.Default())[1:] {
		sentences, ok := samples[language.Code]
		if !ok {
			t.Errorf("no sample in %s", language.Code)
			continue
		}
		t.Run(language.Code, func(t *testing.T) {
			space := " "
			if article.IsUnspacedLanguage(language.Code) {
				space = ""
			}
			doc := article.Clean(article.Raw{Text: strings.Join(sentences, space)})
			if doc.Language != language.Code {
				t.Errorf("language %s", doc.Language)
			}
			var cut []string
			for _, s := range doc.Sentences {
				cut = append(cut, doc.Slice(s.Span))
			}
			if !slices.Equal(cut, sentences) {
				t.Fatalf("cut into %q", cut)
			}

			for n := 1; n <= 3; n++ {
				reply := local.New().Analyze(t.Context(), &summarizer.Task{
					Document: doc,
					Summary:  &summarizer.SummaryTask{MaxSentences: n, Language: doc.Language},
					Topics:   allTopics(),
				})
				s := reply.Summary
				if len(s.Sentences) != n || s.Language != language.Code || len(s.Warnings) != 0 {
					t.Errorf("summary of %d: %+v", n, s)
				}
				got := texts(s)
				if got[0] != sentences[0] {
					t.Errorf("summary of %d does not begin with the news: %q", n, got)
				}
				if at := slices.Index(got, sentences[1]); at == 0 {
					t.Errorf("summary of %d opens on what leans: %q", n, got)
				}
				for _, sentence := range s.Sentences {
					if doc.Slice(sentence.Evidence[0]) != sentence.Text {
						t.Errorf("%q rests on %q", sentence.Text, doc.Slice(sentence.Evidence[0]))
					}
				}
				if len(reply.Topics.Warnings) != 0 {
					t.Errorf("warnings of topics %v", reply.Topics.Warnings)
				}
				if got := delivered(reply.Topics); len(got) == 0 || got[0] != "disaster-accident" {
					t.Errorf("topics %v", got)
				}
			}

			headline := summarize(t, doc, &summarizer.SummaryTask{Format: summarizer.FormatHeadline, MaxSentences: 1, Language: doc.Language})
			if got := texts(headline); len(got) != 1 || !strings.HasPrefix(sentences[0], strings.TrimRight(got[0], ".。")) {
				t.Errorf("headline %q", got)
			}
		})
	}
}

// In languages that the weights were not fitted to, a full sentence goes before a short one
// that says little.
func TestFullSentencesInOtherLanguages(t *testing.T) {
	sentences := []string{
		"Le conseil du port de Lorne a voté lundi la fermeture de deux des cinq quais, après trois ans de débats avec les équipages des chalutiers.",
		"Les touristes préfèrent aussi depuis longtemps les grandes plages.",
		"Une grève commencera mardi dans toutes les criées de la côte, ont annoncé les marins, auxquels le gouvernement d'Ostie avait promis une aide de 2 millions de couronnes par an et du travail sur les chantiers navals.",
		"Personne ne sait encore combien coûtera la démolition.",
	}
	s := summarize(t, article.Clean(article.Raw{Text: strings.Join(sentences, " "), LanguageCode: "fr"}), &summarizer.SummaryTask{MaxSentences: 2})
	if got, want := texts(s), []string{sentences[0], sentences[2]}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
