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
		"The vote began at 8 p.m. (0100 GMT) on Thursday and ended at 9 p.m. (2 a.m. GMT).| It was lost.",
		"The vote began at 8 p.m.| (Six stayed away.)| It was lost.",
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
		checkMarked(t, marked)
	}
}

// checkMarked checks that the sentences of a text end where bars mark their ends.
func checkMarked(t *testing.T, marked string) {
	t.Helper()
	want := strings.Split(marked, "|")
	for i := range want {
		want[i] = strings.TrimSpace(want[i])
	}
	text := strings.ReplaceAll(marked, "|", "")
	if diff := cmp.Diff(want, sentences(text)); diff != "" {
		t.Errorf("sentences of %q (-want +got):\n%s", text, diff)
	}
}

// TestSentencesByLanguage does so for abbreviations and quotation marks in the languages of
// newsrooms.
func TestSentencesByLanguage(t *testing.T) {
	for _, marked := range []string{
		// en
		"The plant cost approx. $3.5 million.| It opened in May.",
		"It fell to approx. 30 percent.| Then it rose.",
		"Brig. Gen. Ada Roe spoke.| Maj. Gen. Bo Vea did not.",
		"The Rev. Ada Roe Sr. and St. Paul's Rt. Hon. guest left.| They ate.",
		"He works for Roe & Co. in St. Louis, Mo., and lives there.| She does not.",
		"U.S. President Ada Roe met U.N. Secretary-General Bo Vea at 10 a.m. Monday.| They agreed.",
		"Dr. Vea of Univ. Hosp. was there.| So was Prof. Roe.",
		"No. 3 came first.| No. 1 was last.",
		"The ship, the M.V. Reef, sank.| The E.U. helped.",
		"It grew by 3.5 pct. to 4 bn.| Shares rose.",
		"The firm (Acme Ltd.) is closed.| Its owner left.",
		"It was founded c. 1900 by A.B. Roe.| It grew.",
		"The U.S.S. Reef sailed at 6 a.m. EST.| It returned.",
		"See fig. 3 and pp. 4-5.| They differ.",
		"It costs $5.| It cost €4.50 before.",
		"He left on Jan. 5.| He came back on Feb. 3, 2030.",
		// de
		"»Wir gehen.«| Er ging.| »Warum?«, fragte sie.| »Weil es regnet.«",
		"»Wir gehen.«| Der Saal leerte sich.",
		"›Wir gehen.‹| Der Saal leerte sich.",
		"„Wir gehen“, sagte er.| „Jetzt gleich.“| Sie blieb.",
		"Das kostet ca. 3,5 Mrd. Euro bzw. 4 Mio. Dollar.| Das ist viel.",
		"Cena to ok. 5 tys. zł przy ul. Długiej.| Drogo.",
		"Vino a la Avda. Sol.| Llegó el Dr. J. M. Ruiz.",
		"Olay Atatürk Cad. No. 5'te oldu.| Kimse yaralanmadı.",
		"Он выступил на совещании в г. Омске.| Потом он уехал на ул. Ленина.",
		"Am 3. Mai kam Dr. med. Roe, am 14.5. ging sie.| Es war der 2. Weltkrieg.",
		"Er wohnt in der Hauptstr. 5, d. h. am Markt.| Sie wohnt u. a. in Kiel.",
		"Die Fa. Roe GmbH & Co. KG hat lt. Angaben 30 Mitarbeiter.| Sie sucht mehr.",
		"Prof. Dr. h. c. Ada Roe sprach.| Sie blieb bis 18.30 Uhr.",
		"Der 1. FC Port Ella gewann.| Die 2. Mannschaft verlor.",
		"Papst Pius XII. starb 1958.| Kaiser Wilhelm II. floh.",
		"Das Gesetz (Art. 5 Abs. 2 Nr. 3) gilt.| Es bleibt.",
		"Die Sitzung begann um 10.00 Uhr.| Sie endete ggf. später, evtl. um 12 Uhr.",
		"Es waren rd. 300 Menschen, inkl. Kinder.| Alle blieben.",
		// fr
		"M. Roe et Mme Vea ont signé.| MM. Doe et Tuala étaient là.",
		"« Nous partons. »| Puis il partit.| « Pourquoi ? », a-t-elle demandé.",
		"Le Dr Roe habite av. Foch, cf. p. 5.| Il est parti.",
		"Environ 3,5 millions d'euros, soit 4 M.$ env. dix fois plus.",
		"L'O.N.U. a voté.| L'U.E. aussi.",
		"J.-C. Roe est né en 1960.| Il est mort.",
		// es
		"La Sra. Roe y el Sr. Vea firmaron.| La Dra. Doe no.",
		"EE.UU. votó en contra.| EE. UU. se abstuvo.",
		"Cuesta aprox. 3,5 mill. de euros.| Es caro.",
		"El art. 5 de la Ley núm. 3 sigue.| La pág. 4 no.",
		"Llegó a las 10 a. m. del lunes.| Se fue a las 3 p. m. del martes.",
		"El Gral. Roe y el Ing. Vea viven en la Av. Sur.| Son amigos.",
		// pt
		"O Sr. Roe e a Dra. Vea assinaram.| A Sra. Doe não.",
		"Custa cerca de 3,5 mil. de euros, i.e. muito.| O prof. Roe sabe.",
		"A av. Paulista fica em S. Paulo.| O nº. 5 é dele.",
		// it
		"Il dott. Roe e la sig.ra Vea hanno firmato.| L'on. Doe no.",
		"L'avv. Roe vive in p.zza Duomo.| L'ing. Vea no.",
		"È nato nel 300 a.C. a Roma.| È morto nel 20 d.C. a Capua.",
		// nl
		"Dhr. Roe en mevr. Vea kwamen o.a. uit Gent.| Dr. Doe niet.",
		"Het kost ca. 3,5 mln. euro, d.w.z. veel.| Prof. Vea zei niets.",
		"J. van der Roe woont in de Kerkstr. 5.| Hij is ing. bij Shell.",
		// pl
		"Ok. 300 osób, m.in. dr Roe, przyszło o godz. 18.| Potem poszli.",
		"Blokada potrwa do godz. 18.",
		"Ul. Długa 5 jest zamknięta, tzn. nieczynna.| Prof. Roe tam mieszka.",
		"Kosztuje 3,5 mln zł, tj. dużo.| Firma Roe sp. z o.o. zapłaciła.",
		"W 2030 r. było ich 300, a w 2029 r. mniej.| Potem więcej.",
		"Św. Jan mieszkał przy al. Róż.| Gen. Roe nie.",
		// ru
		"Дом на ул. Ленина, д. 5, сгорел.| Пожар потушили.",
		"А. С. Иванов и П.П. Петров живут в г. Омске.| Они друзья.",
		"В 2030 г. он уехал.| В 2031 г. вернулся.",
		"Он заработал 3 млрд руб. за год.| Это много.",
		"Это стоит 5 тыс. руб. и т. д.| Дорого.",
		"Проф. Роэ приехал в 10 ч. утра, т. е. рано.| Акад. Веа — нет.",
		"Война началась в XX в. до н. э.| Потом был мир.",
		"«Мы идем».| Он ушел.",
		"«Мы идем!» — сказал он.| «Куда?» — спросила она.",
		// uk
		"Будинок на вул. Шевченка згорів.| Пожежу загасили.",
		"У 2030 р. він поїхав.| У м. Львові тихо.",
		"Це коштує 5 млн грн.| Це 3 тис. дол. на рік.",
		// tr
		"Prof. Dr. Ada Roe ve Av. Bo Vea geldi.| Sn. Doe gelmedi.",
		"Toplantı saat 10.00'da başladı.| 3. gün bitti.",
		"T.C. Merkez Bankası faizi indirdi.| Piyasa yükseldi.",
		"Roe A.Ş. 3 milyon lira kazandı.| Vea Ltd. Şti. kaybetti.",
		// ar
		"قال د. أحمد علي إن العمل بدأ.| وأضاف أن أ.د. سامي حاضر.",
		"وصل الوفد.| غادر الوفد.",
		// zh
		"“孩子们放学就来。”管理员陈玉兰说。| 他们走了。",
		"他说：“我们走吧。明天再来。”| 大家都走了。",
		"“我们走。”| 门关上了。",
		"他走了……| 她没走。",
		"真的吗？！| 是的。",
		"他问：“谁来？谁付钱？”| 没人回答。",
		// ja
		"市長は「行列が絶えない。予想以上だ」と話した。| 会期は7月まで。",
		"「行こう。」と彼は言った。| 明日は？",
		"「はい」「いいえ」と答えた。| 彼は去った。",
		"首相は「反対だ。絶対に許さない。」と述べた。| 野党は黙った。",
		"（注：これは例。別の例もある）と書いた。| 終わり。",
		"彼は『春。夏。』という本を書いた。| 売れた。",
		// ko
		"정부는 6일 \"가자.\"고 말했다.| 시장은 3.5% 올랐다.",
		"그는 떠났다.| 그녀는 남았다.",
		// hi
		"डॉ. राजेश ने कहा कि काम शुरू हुआ।| श्री. वर्मा नहीं आए।",
		"उन्होंने कहा, ‘‘हम आएंगे। जरूर आएंगे।’’| वे चले गए।",
		"बैठक 3.5 घंटे चली।| सब चले गए।",
		// sw, id
		"Bw. Roe na Bi. Vea walifika.| Dkt. Doe hakufika.",
		"Dr. Roe dan Ir. Vea datang pukul 10.00 WIB.| Jl. Sudirman ditutup.",
		"Sen. J. D. Roe, R-Ohio, met Rep. Bo Vea, D-Calif.| They talked.",
		"“We won.”| The crowd roared.",
		"J. La Roe and C. Po sang.| They left.",
		"ماذا حدث؟| لا أحد يعرف!| هذا ما قاله.",
		"क्या हुआ?| कोई नहीं जानता!| यही सच है।",
	} {
		checkMarked(t, marked)
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
		"»Wir gehen. Wir bleiben«, sagte er. Er ging.":              {"»Wir gehen. Wir bleiben«, sagte er.", "Er ging."},
		"市長は「行列が絶えない。予想以上だ」と話した。会期は7月まで。":                           {"市長は「行列が絶えない。予想以上だ」と話した。", "会期は7月まで。"},
		"“孩子们放学就来。”管理员说。他们走了。":                                      {"“孩子们放学就来。”管理员说。", "他们走了。"},
		"वे आए। वे गए। वे लौटे।":                                    {"वे आए।", "वे गए।", "वे लौटे।"},
		"وصل الوفد. ثم غادر. متى يعود؟":                             {"وصل الوفد.", "ثم غادر.", "متى يعود؟"},
		"no end":                           {"no end"},
		"Costs of 3.5 percent. Then more.": {"Costs of 3.5 percent.", "Then more."},
	} {
		if got := SplitSentences(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestStopsInNames keeps sentences whole whose names hold a stop.
func TestStopsInNames(t *testing.T) {
	for _, sentence := range []string{
		"The film opened on Friday, E! News reported on its website.",
		"ID. PIER is a company that builds ferries for the islands.",
	} {
		d := Clean(Raw{Text: prose1 + " " + sentence + " " + prose2})
		if len(d.Sentences) != 3 || d.Slice(d.Sentences[1].Span) != sentence {
			t.Errorf("%q: %+v", sentence, d.Sentences)
		}
	}
	if d := Clean(Raw{Text: "He plays for NATO. UNESCO said so. It is the FBI. NASA knew."}); len(d.Sentences) != 4 {
		t.Errorf("%d sentences, want 4", len(d.Sentences))
	}
}
