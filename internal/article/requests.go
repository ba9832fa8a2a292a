package article

import (
	"strings"
	"unicode"
)

// This file knows what sites ask of their readers between the paragraphs of an article: to
// accept cookies, to subscribe or log in, to take a newsletter, to scroll past an
// advertisement. Such a line speaks to its reader from its first word. An article speaks of
// readers, quotes somebody or says who said it, also where it is about cookies.

// readerRequest is one kind of such lines, in one language.
type readerRequest struct {
	begins string // how a line begins, in lower case, between bars
	needs  string // what else it must hold, any of it, between bars; empty: nothing
	words  int    // at most
}

// Sizes of requests, in words. Notes on cookies are long.
const (
	seamWords    = 12
	requestWords = 45
	consentWords = 120
)

const (
	memberWords = `subscri|premium|member|registered|abonn|suscript|assinant|prenumer|subskry|подпис|abone`
	letterWords = `newsletter|inbox|e-mail|email|mailing list|whatsapp|telegram|nieuwsbrief|nyhetsbrev|nyhedsbrev|рассылк|розсилк|bülten|boletín|boletim|infolettre|lettre d’info|lettre d'info|courriel|posta`
	wallWords   = memberWords + `|, log in|, sign in|, sign up|, register|, create |, become|, please|you need|you must|your |account|trial|unlimited`
)

var requests = []readerRequest{
	{`we use cookies|we and our|we, and our|we value your privacy|this website uses cookies|this site uses cookies|our website uses cookies|our site uses cookies|this website or its third-party|by clicking|by continuing
		|by using this|cookies help us|we care about your privacy|we process your data|we ask you to`, `your |you agree|you consent|you can|you are agreeing|you accept|partners|accept all|accept cookies|manage c|personalise|personalize`, consentWords},
	{`wir verwenden cookies|wir nutzen cookies|wir setzen cookies|wir und unsere|diese website verwendet|diese webseite verwendet|diese seite verwendet|unsere website verwendet|unsere webseite verwendet|mit einem klick auf|mit der nutzung
		|durch die weitere nutzung|mit klick auf|wenn sie auf`, `sie |ihre|ihnen|dienste|partner|personalisier`, consentWords},
	{`nous utilisons|nous et nos|ce site utilise|notre site utilise|en poursuivant|en cliquant|avec votre accord|en continuant`, `vous|votre|vos |partenaires`, consentWords},
	{`utilizamos cookies|utilizamos|usamos cookies|nosotros y nuestros|este sitio utiliza|este sitio web utiliza|este sitio usa|esta web utiliza|si continúa|si continúas|al hacer clic|al continuar`, `su |sus |tu |tus |usted|mostrarle|mostrarte|socios|terceros`, consentWords},
	{`nós e os nossos|nós e nossos|nós usamos|usamos|utilizamos|este site usa|este site utiliza|este sítio utiliza|ao continuar|ao clicar`, `você|sua |seu |parceiros|terceiros|experiência`, consentWords},
	{`utilizziamo|noi e i nostri|noi e terze|questo sito utilizza|questo sito usa|il nostro sito utilizza|cliccando|proseguendo|continuando`, `tuo |tua |tuoi |tue |tu |partner|terze|acconsent|accett`, consentWords},
	{`wij gebruiken|we gebruiken|wij en onze|deze website gebruikt|deze site gebruikt|onze website gebruikt|door op|door verder`, `uw |u |je |jouw|onze|partners`, consentWords},
	{`vi använder|vi och våra|den här webbplatsen använder|denna webbplats använder|vi bruker|vi og våre|vi og vores|vi bruger|denne nettsiden bruker|hjemmesiden bruger`, `du |din |ditt |dine |dig |deg |våra|våre|vores|annons`, consentWords},
	{`używamy|my i nasi|ta strona używa|ta strona korzysta|nasza strona|strona korzysta|korzystając z`, `twoj|swoj|państw|partner|użytkown|zgod`, consentWords},
	{`мы используем|мы и наши|этот сайт использует|наш сайт использует|продолжая|сайт использует|ми використовуємо|на сайте используются`, `вы |ваш|вас |сайт|партн`, consentWords},
	{`bu site|web sitemiz|sitemizde|biz ve`, `siz|deneyim|çerez`, consentWords},
	{`نستخدم ملفات|نحن وشركاؤنا|يستخدم هذا الموقع|يستخدم موقعنا`, ``, consentWords},
	{`当サイトでは|このサイトでは|本サイトでは|当社は、|本网站使用|我们使用|本網站使用|我們使用|이 웹사이트는|당사는`, ``, consentWords},

	// Walls that offer tracking or payment, and embedded content that asks for consent.
	{`um der nutzung mit werbung|mit werbung weiterlesen|weiter mit werbung|nutzen sie unser angebot|die zustimmung ist jederzeit|wir benötigen ihre zustimmung|wir benötigen ihre einwilligung|an dieser stelle finden sie|an dieser stelle befindet sich|an dieser stelle ist ein externer|externer inhalt
		|empfohlener redaktioneller inhalt|empfohlener externer inhalt|ich bin damit einverstanden|zum anzeigen dieses inhalts|um diesen inhalt|mit ihrer zustimmung|mit ihrer einwilligung|wir und bis zu|dieser inhalt wird|für die anzeige dieses inhalts|hier klicken, um`, `werbung|tracking|widerruf|einwillig|zustimm|externe|redaktioneller inhalt|cookie|datenschutz`, requestWords},
	{`besuchen sie|lesen sie`, `tracking|werbung und cookies|pur-abo`, requestWords},
	{`continuez sans|continuer sans|vous avez choisi de refuser|vous avez refusé|ce contenu n'est pas|ce contenu n’est pas|ce contenu est bloqué|en acceptant les|pour afficher ce contenu|pour voir ce contenu|pour consulter ce contenu|votre consentement`, `accepter|cookie|consent|traceur`, requestWords},
	{`este contenido no está|para ver este contenido|para visualizar este contenido|este contenido está bloqueado|para ver este conteúdo|este conteúdo não está|este conteúdo está bloqueado|per visualizzare questo contenuto|per vedere questo contenuto|se accetti|questo contenuto non è|accetta i cookie`, `cookie`, requestWords},
	{`om deze inhoud|deze inhoud is|deze inhoud kan|voor het tonen van deze|aby wyświetlić tę|aby zobaczyć tę|pro zobrazení tohoto|pre zobrazenie tohto|чтобы увидеть это|чтобы посмотреть это|щоб побачити цей|för att se|för att visa|for å se|for at se|bu içeriği görmek|to view this content|to see this content|this content is not available|this content is blocked|this embed`, `cookie|toestemming|çerez|consent`, requestWords},

	// Appeals for money.
	{
		`support independent|support our|support quality|support local|support trusted|support the newsroom|help us keep|help keep our|help us continue|help fund|if you value|if you like what|if you appreciate|if you enjoyed|our journalism is|our reporting is|our work is|our newsroom is|our stories are|become a member and|become a supporter|become a monthly
		|before you go|we don't have a paywall|we don’t have a paywall|we have no paywall|we depend on|we rely on|will you chip|can you chip|please consider|please donate|donate now|donate today|make a donation|make a gift|make a contribution|your donation|your gift|your support|readers like you`,
		`donat|contribution|journalism|funded by|readers like you|newsroom|non-profit|nonprofit|your gift|from $|chip in $|supporting us|support us|paywall`, requestWords,
	},
	{`unterstützen sie|unterstütze|guter journalismus|unabhängiger journalismus|unser journalismus|ihnen gefällt|ihnen hat dieser|dir gefällt|gefällt ihnen|gefällt dir|mit ihrer spende|mit deiner spende|ihre spende|deine spende|spenden sie|jetzt spenden`, `spende|journalismus|unterstützen sie uns|unterstütze uns|beitrag`, requestWords},
	{`soutenez|soutenir un|soutenir le journalisme|vous aimez notre|cet article vous a plu|votre don|votre soutien|faites un don|aidez-nous`, `don |don.|dons|indépendant|journalisme|gratuit|soutien`, requestWords},
	{`apoya el|apoya nuestro|apoye el|si te ha gustado|si te gusta lo que|tu donación|tu apoyo|haz una donación|ayúdanos|hazte socio|hazte socia`, `periodismo|donación|donar|socio|socia|aporte`, requestWords},
	{`apoie o|apoie a|faça uma doação|a sua doação|sua doação|ajude-nos|gostou do que`, `jornalismo|doação|contribu`, requestWords},
	{`sostieni|sostenete|dona ora|fai una donazione|il tuo sostegno|se ti è piaciuto`, `giornalismo|donazione|contribut|dona `, requestWords},
	{`steun|doneer|waardeer je|vind je dit|wesprzyj|wspieraj nas|wpłać|podpořte|podporte|támogassa|támogasd|susține|sprijină|podrži|podržite|støt|støtt|stöd`, `journalis|dziennikar|darowizn|žurnalist|novinář|novinar|újságír|jurnalism|donat|doneer|bidra|månadsgivare|lahjoit`, requestWords},
	{`поддержите|поддержать|помогите нам|підтримайте|допоможіть нам|подкрепете|bağımsız gazeteciliği|destek olun|ادعموا|ادعم الصحافة`, `журналист|пожертвован|редакц|донат|журналіст|gazetecili|bağış|الصحافة`, requestWords},

	{`to continue reading|to keep reading|to read the full|to read the rest|to read this|to access this|to unlock|keep reading with|continue reading with|get unlimited access|enjoy unlimited|get full access|this article is reserved|this article is for|this article is only
		|this article is available|this article is exclusive|this article is free for|this content is|this story is for|this story is available|this story is exclusive|this is a subscriber|this is a premium|the full article is`, wallWords, requestWords},
	{`you have reached|you've reached|you’ve reached|you have read|you've read|you’ve read|you have used|you've used|you’ve used|you have`, `free article|free stor|your limit of|article limit|articles remaining|articles left|stories left|articles this month`, requestWords},
	{`already a subscriber?|already a member?|already subscribed?|already have an account?|already registered?|not a subscriber?|not a subscriber yet?|not a member?|don't have an account?|subscribe to continue|subscribe to read|subscribe to keep
		|subscribe to unlock|subscribe now to|subscribe today to|sign in to continue|sign in to read|log in to continue|log in to read|login to continue|login to read|register to continue|register to read|register now to|register for free to
		|create a free account to|become a subscriber to|become a member to|unlock this article|unlock this story|want to read more?|want to keep reading?|for subscribers only|subscribers only`, ``, requestWords},
	{`dieser artikel ist|dieser beitrag ist|dieser text ist|dieser inhalt ist|diesen artikel|jetzt weiterlesen|weiterlesen mit|lesen sie weiter|um weiterzulesen|um diesen artikel|den vollständigen artikel|sie möchten weiterlesen|alle artikel lesen`, `abo|plus-artikel|angemeldet|registrier|kostenpflichtig|zugang|mitglieder`, requestWords},
	{`bereits abonnent|sie sind bereits abonnent|schon abonnent|sie haben bereits ein konto|sie haben bereits ein abo|sie haben noch kein konto|noch kein abo|noch kein konto`, `?|anmelden|einloggen|login`, requestWords},
	{`cet article est|ce contenu est|la suite est|la suite de cet article|il vous reste|l'article complet est|l’article complet est|pour lire la suite|pour continuer|pour poursuivre la lecture|abonnez-vous pour|connectez-vous pour|inscrivez-vous pour|accédez à|envie de lire la suite`, `abonn|connect|inscri|% de cet article|illimité`, requestWords},
	{`déjà abonné|déjà un compte|vous êtes déjà abonné|vous avez déjà un compte|pas encore abonné`, ``, seamWords},
	{`este contenido es|este artículo es|esta noticia es|para seguir leyendo|para continuar leyendo|suscríbete para|suscríbase para|regístrate|regístrese|inicia sesión para|contenido exclusivo|hazte suscriptor|sigue leyendo`, `suscri|regístr|leyendo|sesión|premium`, requestWords},
	{`¿ya eres suscriptor|¿ya es suscriptor|¿ya estás suscrito|¿ya tienes cuenta|¿ya tienes una cuenta`, ``, seamWords},
	{`conteúdo exclusivo|este conteúdo é|este artigo é|esta matéria é|para continuar lendo|para continuar a ler|assine para|assine agora|faça login para|faça seu login|torne-se assinante|cadastre-se para`, `assin|login|cadastr|lendo|a ler`, requestWords},
	{`já é assinante|já sou assinante|já tem uma conta|já tem conta|ainda não é assinante`, ``, seamWords},
	{`questo articolo è|questo contenuto è|contenuto riservato|abbonati per|abbonati ora|accedi per|per continuare a leggere|registrati per|continua a leggere con`, `abbon|legg|accedi|registr`, requestWords},
	{`sei già abbonato|hai già un abbonamento|hai già un account`, ``, seamWords},
	{`dit artikel is|deze inhoud is|word abonnee|word lid om|log in om|meld je aan om|om verder te lezen|verder lezen?|lees verder met|lees dit artikel`, `abonn|verder te lezen|inloggen|account|leden`, requestWords},
	{`al abonnee|ben je al abonnee|bent u al abonnee|heb je al een account|al een account`, ``, seamWords},
	{`den här artikeln är|denna artikel är|artikeln är|det här innehållet är|logga in för|för att läsa|för att fortsätta läsa|bli prenumerant|denne artikkelen er|denne saken er|for å lese|logg inn for|denne artikel er|for at læse|log ind for`, `prenumer|abonn|logga in|logg inn|log ind|läsa vidare|lese videre`, requestWords},
	{`redan prenumerant|är du redan prenumerant|allerede abonnent|har du allerede`, ``, seamWords},
	{`artykuł dostępny|ten artykuł|treść dostępna|aby czytać dalej|aby przeczytać|zaloguj się, aby|kup dostęp|masz już konto|wykup|czytaj dalej z`, `subskry|prenumer|zaloguj|dostęp`, requestWords},
	{`материал доступен|статья доступна|эта статья доступна|полный текст|чтобы читать дальше|чтобы продолжить чтение|чтобы прочитать|оформите подписку|войдите, чтобы|уже есть подписка|уже подписаны`, `подпис|войдите|войти|регистрац`, requestWords},
	{`bu içerik|bu haber|okumaya devam etmek için|devamını okumak için`, `abone|giriş`, requestWords},
	{`هذا المحتوى|هذا المقال متاح|للاستمرار في القراءة|لمتابعة القراءة|اشترك الآن|سجل الدخول ل`, `مشترك|اشترك|تسجيل|الدخول`, requestWords},
	{`この記事は|この続きを|続きを読むには|ここから先は|残り`, `会員限定|会員登録|有料会員|ログイン|続きを読む|購読`, requestWords},
	{`本文仅供|本文僅供|本文为会员|登录后|登入後|订阅后|訂閱後|成为会员|付费后`, `订阅|訂閱|会员|會員|继续阅读|繼續閱讀|全文`, requestWords},
	{`이 기사는|이 콘텐츠는|기사를 계속|로그인 후`, `회원|구독|로그인`, requestWords},

	{`sign up for|sign up to|sign up here|sign up now|sign up today|subscribe to|subscribe for|subscribe here|join our|get the latest|get our|get the best|get the day's|receive our|receive the|stay informed|stay up to date|never miss|don't miss|want more|enjoying this|thank you for signing up|thanks for signing up
		|our daily newsletter|our free newsletter|our newsletter`, `newsletter|inbox|your e-mail|your email|by e-mail|by email|mailing list|whatsapp channel|telegram channel`, requestWords},
	{`melden sie sich|abonnieren sie|abonniere|jetzt abonnieren|bestellen sie|erhalten sie|mit unserem newsletter|newsletter abonnieren|unser newsletter|registrieren sie|melde dich|hier geht es zum newsletter`, letterWords, requestWords},
	{`inscrivez-vous|abonnez-vous|recevez|restez informé|rejoignez|je m'inscris|je m’inscris`, letterWords, requestWords},
	{`suscríbete|suscríbase|apúntate|recibe|recibí|reciba|regístrate|inscríbete|únete`, letterWords, requestWords},
	{`inscreva-se|assine|receba|cadastre-se|subscreva|junte-se`, letterWords, requestWords},
	{`iscriviti|ricevi|abbonati|registrati|resta aggiornato|rimani aggiornato`, letterWords, requestWords},
	{`schrijf je in|schrijf u in|meld je aan|meld u aan|ontvang|abonneer|blijf op de hoogte`, letterWords, requestWords},
	{`prenumerera på|anmäl dig|få vårt|få våra|registrera dig|meld deg på|abonner på|tilmeld dig|få vores|få nyhetsbrevet`, letterWords, requestWords},
	{`zapisz się|zapraszamy do subskrypcji|subskrybuj|otrzymuj|dołącz do`, letterWords, requestWords},
	{`подпишитесь|подписывайтесь|подписаться|получайте|підпишіться|підписуйтесь`, letterWords + `|канал`, requestWords},
	{`اشترك في|اشتركوا في|تابعونا|تابعوا|انضم`, `النشرة|نشرتنا|البريد|قناة|واتساب|تلغرام|تيليغرام|فيسبوك`, requestWords},
	{`ニュースレターに|ニュースレターを|メールマガジン|订阅我们|訂閱我們|订阅本|뉴스레터`, ``, seamWords},

	{`you received this email|you received this e-mail|you are receiving this email|you are receiving this e-mail|you're receiving this email|you’re receiving this email|you are receiving this newsletter|you received this newsletter|this email was sent to|this e-mail was sent to|this newsletter was sent to`, `unsubscribe|signed up|sign up|subscri|registered`, requestWords},
	{`sie erhalten diese e-mail|sie erhalten diesen newsletter|sie bekommen diesen newsletter`, `abbestell|abmeld|angemeldet|registrier|abonn`, requestWords},
	{`vous recevez ce|vous recevez cette|vous avez reçu cet`, `désabonn|désinscri|inscri|abonn`, requestWords},
	{`recibes este correo|recibe este correo|has recibido este correo|ha recibido este correo`, `darse de baja|darte de baja|suscri|registr`, requestWords},
	{`a version of this article|a version of this story`, ` in print`, requestWords},
	{`click to print|click to share|click to email|click to open|share this with your|tap to|scroll to continue|scroll down to continue`, ``, seamWords},
	{`article continues|story continues|the story continues|text continues|report continues|post continues|continue reading below|continues after|continues below`, `advert|promo|below this ad|after this ad|the ad|video|newsletter|photo|gallery`, seamWords},
	{`weiter nach der|weiter nach dieser|artikel wird nach|der artikel geht nach|nach der anzeige|lesen sie nach der`, `anzeige|werbung`, seamWords},
	{`la suite après|la suite de|l'article continue|l’article continue|suite de l'article|suite après`, `publicité|la pub|vidéo`, seamWords},
	{`continúa leyendo|sigue leyendo|la noticia continúa|el artículo continúa|continúa después|continúa tras|sigue después`, `publicidad|anuncio|vídeo`, seamWords},
	{`continua depois|continua após|a matéria continua|o artigo continua|continua a seguir`, `publicidade|anúncio`, seamWords},
	{`continua a leggere|l'articolo continua|l’articolo continua|l'articolo prosegue|l’articolo prosegue|continua dopo|la notizia continua`, `pubblicità`, seamWords},
	{`lees verder|tekst gaat verder|de tekst gaat verder|artikel gaat verder|het artikel gaat verder|verder na de|tekst loopt door`, `advertentie|reclame|foto|video`, seamWords},
	{`artikeln fortsätter|texten fortsätter|fortsätter efter|saken fortsetter|artikkelen fortsetter|artiklen fortsætter|teksten fortsætter`, `annons|reklam`, seamWords},
	{`dalsza część|ciąg dalszy|reszta tekstu|artykuł jest kontynuowany`, `reklam|wideo|materiałem|galeri`, seamWords},
	{`продолжение после|продолжение ниже|читайте далее после|продовження після`, `реклам`, seamWords},
	{`haberin devamı|devamı`, `reklam`, seamWords},
}

// wholeRequests are requests of one or a few words.
var wholeRequests = phrases(`广告|廣告|広告|스폰서|광고|anzeige|annonse|annonce|annons|advertentie|reklama|manage your privacy settings|privacy settings|cookie settings|cookie-einstellungen|accept all|accept all cookies|alle akzeptieren
	|tout accepter|aceptar todo|accetta tutto|alles accepteren|скрыть рекламу`)

// newWindows end links that sharing buttons are made of, in lower case.
var newWindows = []string{
	"(opens in new window)", "(opens in a new window)", "(opens in new tab)", "(wird in neuem fenster geöffnet)", "(ouvre dans une nouvelle fenêtre)", "(s’ouvre dans une nouvelle fenêtre)",
	"(se abre en una ventana nueva)", "(abre em uma nova janela)", "(abre em nova janela)", "(si apre in una nuova finestra)", "(wordt in een nieuw venster geopend)", "(opent in een nieuw venster)",
	"(öppnas i ett nytt fönster)", "(otwiera się w nowym oknie)", "(открывается в новом окне)", "(откроется в новом окне)", "(新しいウィンドウで開きます)", "(在新窗口中打开)",
}

// requestTable holds the indexes in requests by how a line begins.
var requestTable = func() *prefixTable[int] {
	lists := map[int]string{}
	seen := map[string]int{}
	for i, r := range requests {
		for begins := range strings.SplitSeq(r.begins, "|") {
			begins = strings.Trim(begins, "\t\n")
			if first, ok := seen[begins]; ok { // what either needs is enough
				requests[first].needs += "|" + r.needs
				requests[first].words = max(requests[first].words, r.words)
				continue
			}
			seen[begins] = i
			lists[i] += "|" + begins
		}
	}
	return newPrefixTable(lists)
}()

// isRequest reports whether s, a line, asks something of the reader.
func isRequest(s string) bool {
	if !isASCIILetter(firstByte(s)) {
		if s = strings.TrimLeft(s, "([*>-–—•»▶►→| "); s == "" {
			return false
		}
	}
	found, rest, ok := requestTable.find(s)
	if !ok {
		return isShareLink(s) || isWholeRequest(s)
	}
	r := &requests[found.value]
	if countWords(s, r.words+1) > r.words || speaksOfOthers(rest) {
		return false
	}
	if r.words == consentWords && !namesConsent(s) {
		return false
	}
	return r.needs == "" || holdsAny(strings.ToLower(s), r.needs)
}

// isWholeRequest reports whether s is one of wholeRequests, perhaps with a mark behind it.
func isWholeRequest(s string) bool {
	for s != "" && strings.IndexByte(".:! ", s[len(s)-1]) >= 0 {
		s = s[:len(s)-1]
	}
	return wholeRequests.has(s)
}

// isConsent reports whether s asks for consent to cookies, as isRequest says.
func isConsent(s string) bool { return isRequest(s) && namesConsent(s) }

// namesConsent reports whether s speaks of cookies or of consent to the use of data.
func namesConsent(s string) bool {
	return holdsAny(strings.ToLower(s), `cookie|privacy|personal data|personenbezogen|datenschutz|données personnelles|datos personales|dados pessoais|dati personali|persoonsgegevens|çerez|ملفات تعريف|クッキー|쿠키`)
}

// holdsAny reports whether s holds one of list, which bars separate.
func holdsAny(s, list string) bool {
	for part := range strings.SplitSeq(list, "|") {
		if part != "" && strings.Contains(s, part) {
			return true
		}
	}
	return false
}

// isShareLink reports whether s is a button to share an article in another window.
func isShareLink(s string) bool {
	last := s[len(s)-1]
	return (last == ')' || last == ']') && countWords(s, 16) < 16 && hasAnySuffix(strings.ToLower(s), newWindows...)
}

// speaksOfOthers reports whether s quotes somebody or says who said it.
func speaksOfOthers(s string) bool {
	return strings.ContainsAny(s, "\"“”«»„「『") || tellsWho(s)
}

// reportVerbs say that somebody said something.
var reportVerbs = words(`said says told wrote argued warned announced ruled
	sagte sagten sagt teilte teilten erklärte erklärten hieß schrieb laut
	déclaré déclare indiqué expliqué affirmé annoncé selon estime
	dijo dijeron según afirmó explicó anunció declaró aseguró
	disse disseram segundo afirmou explicou declarou anunciou
	detto dichiarato secondo spiegato annunciato
	zei zeiden volgens meldde sade enligt skrev sa ifølge opplyser
	powiedział powiedziała według poinformował
	сказал сказала заявил заявила сообщил сообщила словам
	söyledi açıkladı قال قالت`)

// tellsWho reports whether a verb of s says that somebody said something.
func tellsWho(s string) bool {
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if reportVerbs.has(word) {
			return true
		}
	}
	return false
}
