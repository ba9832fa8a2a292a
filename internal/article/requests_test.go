package article

import (
	"strings"
	"testing"
)

// TestRequests leaves out lines that ask something of the reader.
func TestRequests(t *testing.T) {
	for _, line := range []string{
		"We use cookies and similar technologies. You can change your choices at any time.",
		"We and our 612 partners store and access personal data on your device, such as cookies.",
		"By continuing to browse the site you are agreeing to our use of cookies.",
		"Wir verwenden Cookies, um Inhalte zu personalisieren. Mit einem Klick auf Zustimmen willigen Sie ein.",
		"Nous et nos partenaires utilisons des cookies pour accéder à des informations sur votre appareil.",
		"Utilizamos cookies propias y de terceros para mostrarle publicidad relacionada con sus preferencias.",
		"Мы используем файлы cookie. Продолжая пользоваться сайтом, вы соглашаетесь с этим.",
		"To continue reading this article, subscribe now for one euro a month.",
		"This article is reserved for subscribers.", "Subscribe to read the full story.", "Already a subscriber? Log in",
		"You have 2 free articles remaining this month.", "You’ve reached your limit of free articles.",
		"Sign up to our free daily newsletter and never miss a story.", "Get the latest news delivered to your inbox.",
		"Click to print (Opens in new window)", "Click to share on Threads (Opens in new window)",
		"Story continues below advertisement", "Article continues after this ad", "STORY CONTINUES BELOW THIS AD",
		"Dieser Artikel ist nur für Abonnenten lesbar.", "Sie haben bereits ein Konto? Hier anmelden.", "Weiter nach der Anzeige",
		"Melden Sie sich hier für unseren Newsletter an.", "Cet article est réservé aux abonnés.", "Déjà abonné ? Se connecter",
		"Il vous reste 60 % de cet article à lire. La suite est réservée aux abonnés.", "La suite après la publicité",
		"Suscríbete para seguir leyendo.", "Este contenido es exclusivo para suscriptores.", "Continua depois da publicidade",
		"Assine para continuar lendo.", "Questo articolo è riservato agli abbonati.", "Iscriviti alla nostra newsletter per ricevere le notizie.",
		"Dit artikel is alleen voor abonnees.", "Lees verder na de advertentie", "Artykuł dostępny tylko dla subskrybentów.",
		"Den här artikeln är bara för prenumeranter.", "Artikeln fortsätter efter annonsen", "Материал доступен только подписчикам.",
		"Mit Werbung weiterlesen: Besuchen Sie unsere Website wie gewohnt mit Werbung und Tracking.",
		"Nutzen Sie unser Angebot mit dem Pur-Abo ohne Werbung und ohne Tracking ab 4,99 Euro im Monat.",
		"An dieser Stelle finden Sie einen externen Inhalt von YouTube, der den Artikel ergänzt.",
		"Ich bin damit einverstanden, dass mir externe Inhalte angezeigt werden.", "Ce contenu n'est pas visible car vous avez refusé les cookies.",
		"Para ver este contenido, acepte las cookies de redes sociales.", "Om deze inhoud te tonen, hebben wij uw toestemming nodig.",
		"Support independent journalism. Donate today.", "Will you chip in $10 to keep our reporters on the ground?",
		"Before you go: we are a small, non-profit newsroom, and we rely on readers like you.",
		"Guter Journalismus kostet Geld. Mit Ihrer Spende bleiben unsere Texte frei zugänglich.", "Soutenez un média indépendant : faites un don.",
		"Sostieni il giornalismo indipendente con una donazione.", "Поддержите независимую журналистику, сделайте пожертвование.",
		"この記事は有料会員限定です。", "登录后继续阅读全文", "이 기사는 유료 회원만 볼 수 있습니다.",
	} {
		text := prose1 + "\n\n" + line + "\n\n" + prose2
		for _, src := range []Raw{{Text: text}, rawHTML("<p>" + strings.ReplaceAll(text, "\n\n", "</p><p>") + "</p>")} {
			if d := Clean(src); d.Text != prose1+"\n\n"+prose2 {
				t.Errorf("%q stays in %q", line, d.Text)
			}
		}
	}
}

// TestSentencesAboutRequests keeps the sentences of articles about cookies, paywalls and
// newsletters.
func TestSentencesAboutRequests(t *testing.T) {
	for _, line := range []string{
		"Websites use cookies to store information about visitors, and advertisers rely on them.",
		"“We use cookies because you pay for nothing online,” said the head of a publishers’ association.",
		"We use cookies because nobody pays, the head of the association told us, and you can quote me.",
		"By continuing to browse, users agree to nothing, the court ruled on Friday.",
		"Wir verwenden Cookies, weil Sie sonst nichts zahlen, sagte der Verleger der Zeitung.",
		"Nous utilisons des cookies parce que vous ne payez rien, a déclaré le directeur du journal.",
		"To continue reading for free, students have to show a card of their university.",
		"Help us, the miners shouted from the shaft.", "Donate blood, doctors in Bergen asked on Friday.",
		"Support independent bookshops, the union urged its members on Saturday.",
		"Nutzen Sie die Geräte auch, um Werbung anzubieten?", "Unterstützen Sie den Streik, rief der Redner.",
		"Soutenez les pompiers, a lancé le maire.", "Besuchen Sie Wien im Mai, rät der Verein.",
		"Only subscribers will be able to read articles in full from January on.",
		"The newsletter stays free, and readers can sign up for it without an account.",
		"Subscribe now, save the paper: with that slogan the union has sold 4,000 subscriptions since May.",
		"Already a member of the alliance, the country will send two ships to the strait.",
		"This article is reserved for disputes between states, the tribunal found.",
		"You have two hours to leave the town, the soldiers shouted through loudspeakers.",
		"Click to print, said the sign on the machine, but nothing happened when voters pressed the button.",
		"The story continues below the surface, where divers found a second wreck on Sunday.",
		"Share this with nobody, the minister wrote in a message that was read in court on Tuesday.",
		"Dieser Artikel ist seit 1949 Teil der Verfassung und wurde nie geändert.",
		"Cet article est le plus contesté de la loi sur les retraites.",
		"Este artículo es el primero de la ley que regula las fiestas del pueblo.",
		"Recibe el premio una escritora de Lorn por su primera novela.",
		"Il vous reste deux jours pour visiter l’exposition du port.",
		"Отель получил лицензию, подписка на которую стоит дорого.",
	} {
		text := prose1 + "\n\n" + line + "\n\n" + prose2
		if d := Clean(Raw{Text: text}); !strings.Contains(d.Text, line) {
			t.Errorf("%q is left out: %+v", line, d.Removed)
		}
	}
}
