package article

import (
	"strings"
	"unicode/utf8"
)

// This file knows what comes along where an article is copied from the page of a site as
// plain text: menu and path above the headline, buttons beneath it, links inside the story,
// lists of other stories and the foot of the page below it.

// item is what stands in a menu, a row of buttons or the foot of a page.
type item uint8

const (
	weakItem  item = iota + 1 // the name of a section: titles have such words, too
	netItem                   // a network, or a size of type
	upperItem                 // it stands above the headline: "Skip to main content"
	plainItem                 // a button or link of any part of the page
	joinItem                  // a word between items or behind one: "for", "a month"
)

// pageItems are the items, by language. A line of nothing else is no part of an article.
var pageItems = newPrefixTable(map[item]string{
	upperItem: `skip to main content|skip to content|skip to navigation|skip to main navigation|skip to footer|skip navigation|jump to content|jump to main content|jump to navigation|accessibility help|accessibility links|main menu|open menu|close menu|toggle menu|toggle navigation|open navigation menu|open search|close search|site search|search site
		|sign in|signin|log in|login|sign out|log out|my account|your account|create account|create an account|e-paper|epaper|e-edition|digital edition|today's paper|today’s paper
		|zum inhalt springen|zum hauptinhalt springen|direkt zum inhalt|zum hauptinhalt|zur navigation springen|zur hauptnavigation|zum inhalt|hauptnavigation|menü öffnen|menü schließen|suche öffnen|anmelden|einloggen|mein konto|abmelden
		|aller au contenu principal|aller au contenu|aller directement au contenu|passer au contenu|accéder au contenu principal|accéder au contenu|aller à la navigation|aller au menu|ouvrir le menu|fermer le menu|se connecter|connexion|me connecter|mon compte|identifiez-vous|se déconnecter|créer un compte
		|pasar al contenido principal|ir al contenido principal|ir al contenido|saltar al contenido principal|saltar al contenido|abrir menú|cerrar menú|iniciar sesión|inicia sesión|mi cuenta|ingresa|ingresar|cerrar sesión
		|ir para o conteúdo principal|ir para o conteúdo|pular para o conteúdo principal|pular para o conteúdo|saltar para o conteúdo|abrir menu|fechar menu|fazer login|iniciar sessão|minha conta|acesso à informação
		|vai al contenuto principale|vai al contenuto|salta al contenuto principale|salta al contenuto|passa al contenuto|apri menu|chiudi menu|accedi|il mio account|area riservata
		|naar hoofdinhoud|direct naar inhoud|ga naar hoofdinhoud|ga naar de inhoud|naar de inhoud|spring naar inhoud|overslaan en naar de inhoud gaan|hoofdmenu|aanmelden|inloggen|mijn account|mijn regio|mijn nieuws
		|przejdź do treści|przejdź do głównej treści|przejdź do menu|zaloguj się|zaloguj|moje konto|přejít k obsahu|přejít na obsah|přihlásit se|přihlásit|prihlásiť sa|prihlásiť|ugrás a tartalomra|bejelentkezés|belépés|sari la conținut|autentificare|skoči na vsebino|prijava|prijavi se
		|hoppa till innehåll|hoppa till huvudinnehåll|till huvudinnehåll|gå till innehåll|gå til innhold|hopp til innhold|gå til indhold|spring til indhold|siirry sisältöön|hyppää sisältöön|logga in|logg inn|log ind|kirjaudu sisään|kirjaudu|mina sidor|min side
		|перейти к содержимому|перейти к основному содержанию|перейти к контенту|войти|вход|личный кабинет|перейти до вмісту|перейти до основного вмісту|увійти|вхід|към съдържанието|μετάβαση στο περιεχόμενο|σύνδεση
		|içeriğe geç|ana içeriğe geç|ana içeriğe atla|içeriğe atla|giriş yap|üye ol|üye girişi|oturum aç|انتقل إلى المحتوى|تخطي إلى المحتوى|تخطى إلى المحتوى|تجاوز إلى المحتوى الرئيسي|تسجيل الدخول|رفتن به محتوا
		|본문 바로가기|메뉴 바로가기|주메뉴 바로가기|로그인|회원가입|本文へスキップ|本文へ移動|本文へ|メインコンテンツへスキップ|コンテンツへスキップ|ログイン|会員登録|新規登録|無料会員登録|マイページ|有料会員|跳转到主要内容|跳到主要内容|跳至内容|跳到内容|登录|登入|注册|註冊|会员中心|loncat ke konten|lewati ke konten|masuk|chuyển đến nội dung|đăng nhập|menu|menú|menü|меню|메뉴|メニュー|菜单|選單|القائمة|search|suche|suchen|recherche|rechercher|buscar|pesquisar|busca|cerca|zoek|zoeken|szukaj|hledat|keresés|căutare|sök|søk|søg|haku|hae|поиск|пошук|ara|arama|بحث|検索|搜索|검색|valikko|meny|μενού|αναζήτηση`,
	plainItem: `share on|share by|share via|share this article|share this story|share article|share story|share this|share|tweet this|tweet|pin it|copy link|copy url|link copied|print this page|print article|print|email this|send by email|comments|leave a comment|add a comment|post a comment|join the conversation|join the discussion|view comments|show comments|read comments|be the first to comment|save article|save for later|bookmark|listen to this article|listen to article|listen to story|listen|text size|font size|increase text size|decrease text size|gift this article|give this article|add us on google|add as a preferred source on google|make us preferred on google|follow us on|follow us|follow on|google news|on google news
		|subscribe for|subscribe now|subscribe from|subscribe to our newsletter|subscribe|get the app|get our app|download the app|download app|our apps|advertise with us|advertise|advertisement|privacy policy|privacy notice|privacy settings|privacy|cookie policy|cookie settings|cookie preferences|manage cookies|manage choices|manage preferences|accept all|reject all|accept cookies|cookies|cookie notice|terms of use|terms of service|terms and conditions|terms & conditions|terms|legal notice|disclaimer|site map|sitemap|accessibility statement|accessibility|about us|contact us|careers|work for us|newsroom|editorial policy|corrections|help centre|help center|help|faq|faqs|contact|imprint|do not sell my personal information|do not sell or share my personal information|your privacy choices|modern slavery statement|rss feeds|rss|back to top|newsletter|premium|subscriber only|subscribers only|for subscribers|exclusive to subscribers|members only|subscriber exclusive|log in to comment|sign in to comment|login to comment|log in to join the conversation|report this comment|community guidelines|house rules
		|teilen auf|auf facebook teilen|auf x teilen|per e-mail teilen|per mail teilen|artikel teilen|teilen|twittern|drucken|artikel drucken|merken|artikel merken|vorlesen|anhören|artikel anhören|kommentieren|kommentare|kommentar schreiben|kommentare anzeigen|schriftgröße|link kopieren|leserbrief|lesezeit|abo|jetzt abonnieren|abonnieren|abo abschließen|datenschutzerklärung|datenschutz|datenschutzeinstellungen|impressum|agb|mediadaten|nutzungsbedingungen|cookie-einstellungen|cookies verwalten|barrierefreiheit|kontakt|über uns|hilfe|werben|anzeige aufgeben|alle akzeptieren|nach oben
		|partager sur|partager par|partager l'article|partager l’article|partager cet article|partager|tweeter|imprimer|envoyer par mail|envoyer par e-mail|envoyer|copier le lien|lien copié|écouter l'article|écouter l’article|écouter|lire plus tard|sauvegarder|enregistrer|offrir cet article|offrir|commenter|commentaires|commentaire|réagir|réactions|lecture|temps de lecture|taille du texte|s'abonner|s’abonner|abonnez-vous|je m'abonne|je m’abonne|abonnés|réservé aux abonnés|article réservé aux abonnés|premium abonnés|suivre|suivez-nous sur|suivez-nous|mentions légales|gestion des cookies|gérer les cookies|gérer mes cookies|paramétrer les cookies|politique de confidentialité|politique de cookies|données personnelles|protection des données|confidentialité|cgu|cgv|conditions générales d'utilisation|conditions générales d’utilisation|conditions générales|conditions d'utilisation|conditions d’utilisation|plan du site|qui sommes-nous|nous contacter|contactez-nous|publicité|accessibilité|charte|tout accepter|tout refuser|accepter|refuser|aide|annonces légales
		|compartir en|compartir por|compartir artículo|compartir noticia|compartir|tuitear|enviar por|enviar por correo|enviar|imprimir|copiar enlace|copiar link|copiar|guardar|escuchar|comentar|comentarios|deja tu comentario|ver comentarios|tamaño de letra|tamaño del texto|suscríbete|suscribirse|suscribete|suscripciones|suscripción|seguir en|síguenos en|síguenos|siga leyendo|solo suscriptores|solo para suscriptores|exclusivo suscriptores|aviso legal|política de privacidad|política de cookies|gestionar cookies|configuración de cookies|configurar cookies|términos y condiciones|condiciones de uso|términos de uso|quiénes somos|contáctanos|contáctenos|contacto|publicidad|publicite con nosotros|anúnciese|mapa del sitio|mapa web|aceptar todo|aceptar|rechazar|boletín|boletines
		|compartilhar no|compartilhar em|compartilhar via|compartilhar|compartilhe no|compartilhe|partilhar no|partilhar|tuitar|enviar por e-mail|ouvir|ouvir notícia|ouça|baixar em áudio|baixar áudio|versão em áudio|comentários|ver comentários|tamanho da fonte|tamanho da letra|tempo de leitura|assine já|assine|assinar|seja assinante|exclusivo para assinantes|siga-nos no|siga-nos|siga no google|siga-nos no google notícias|política de privacidade|políticas de privacidade|termos de uso|termos e condições|termos de serviço|fale conosco|contactos|contatos|contato|quem somos|ficha técnica|expediente|anuncie|anuncie conosco|publicidade|aviso de privacidade|mapa do site|aceitar todos|aceitar|rejeitar
		|condividi su|condividi l'articolo|condividi|stampa|stampa articolo|invia per email|invia|copia link|copia il link|salva|ascolta|ascolta l'articolo|ascolta l’articolo|commenta|commenti|vedi i commenti|dimensione testo|dimensione del testo|tempo di lettura|abbonati|abbonati ora|segui su|seguici su|seguici|solo per abbonati|riservato agli abbonati|informativa privacy|informativa sulla privacy|informativa sui cookie|gestione cookie|gestisci cookie|preferenze cookie|impostazioni cookie|cookie|note legali|termini e condizioni|condizioni d'uso|condizioni d’uso|chi siamo|contatti|pubblicità|la redazione|mappa del sito|accetta tutto|accetta|rifiuta
		|deel dit artikel|deel via|deel op|deel dit|deel|delen via|delen|tweeten|afdrukken|doorsturen|kopieer link|link kopiëren|bewaar artikel|bewaar|bewaren|luister naar dit artikel|luister|beluister|reageer|reageren|reacties|bekijk reacties|leestijd|lettergrootte|abonneer|abonneren|abonneer je nu|word abonnee|alleen voor abonnees|exclusief voor abonnees|voor abonnees|volg ons op|volg ons|privacybeleid|privacyverklaring|privacyinstellingen|privacy-instellingen|cookiebeleid|cookieverklaring|cookie-instellingen|cookies beheren|cookievoorkeuren|gebruiksvoorwaarden|algemene voorwaarden|voorwaarden|adverteren|over ons|klantenservice|colofon|vacatures|alles accepteren
		|udostępnij na|udostępnij|drukuj|wydrukuj|wyślij|skopiuj link|kopiuj link|posłuchaj|posłuchaj artykułu|skomentuj|komentarze|komentarzy|dodaj komentarz|zobacz komentarze|rozmiar tekstu|czas czytania|subskrybuj|kup subskrypcję|prenumerata|obserwuj nas|obserwuj|tylko dla subskrybentów|polityka prywatności|polityka cookies|ustawienia cookies|ustawienia prywatności|regulamin|reklama|redakcja|o nas|mapa strony|akceptuj|sdílet na|sdílet|zdieľať|vytisknout|tisk|komentáře|diskuse|diskuze|předplatné|ochrana osobních údajů|nastavení cookies|zásady ochrany osobních údajů|podmínky užití|inzerce|redakce|megosztás|nyomtatás|hozzászólások|adatvédelem|adatkezelési tájékoztató|impresszum|médiaajánlat|előfizetés|distribuie|comentarii|politica de confidențialitate|termeni și condiții|publicitate
		|dela på|dela artikeln|dela|skriv ut|kommentera|kommentarer|lyssna|lyssna på artikeln|spara|min läsning|prenumerera|bli prenumerant|endast för prenumeranter|följ oss på|följ oss|integritetspolicy|personuppgifter|cookieinställningar|hantera cookies|om cookies|om oss|kontakta oss|annonsera|annons|tillgänglighet|del på|del artikkelen|del artiklen|del|bli abonnent|for abonnenter|personvern|personvernerklæring|annonse|annonsere|tips oss|privatlivspolitik|kopiér link|kopier lenke|jaa artikkeli|jaa|tulosta|kommentoi|kommentit|tilaa|tilaajille|tietosuoja|tietosuojaseloste|evästeasetukset|käyttöehdot
		|поделиться в|поделиться|поделитесь|отправить|распечатать|печать|версия для печати|копировать ссылку|скопировать ссылку|слушать|прослушать|комментарии|комментировать|комментариев|оставить комментарий|обсудить|читать комментарии|размер шрифта|время чтения|подписаться|подписаться на|оформить подписку|только для подписчиков|политика конфиденциальности|пользовательское соглашение|обработка персональных данных|политика обработки персональных данных|о нас|об издании|о проекте|о компании|редакция|контакты|реклама|рекламодателям|рекомендуем|обратная связь|вакансии|правила комментирования|поширити|поділитися|друкувати|коментарі|коментувати|політика конфіденційності|правила користування|про нас|контакти|сподели|коментари|поверителност
		|facebook'ta paylaş|twitter'da paylaş|x'te paylaş|x'de paylaş|whatsapp'ta paylaş|telegram'da paylaş|linkedin'de paylaş|facebook’ta paylaş|whatsapp’ta paylaş|x’te paylaş|paylaş|tweetle|yazdır|e-posta gönder|linki kopyala|bağlantıyı kopyala|kaydet|dinle|haberi dinle|yorum yap|yorumlar|yorum|yorum yapmak için giriş yapın|yorum yapmak için giriş yap|yazı boyutu|okuma süresi|abone ol|abone olun|google news'te takip et|google news’te takip et|google haberler'de takip et|takip et|bizi takip edin|çerez politikası|çerez ayarları|İletişim|İlan|İmsakiye|gizlilik politikası|gizlilik|kvkk|kullanım koşulları|kullanım şartları|künye|iletişim|reklam|hakkımızda|site haritası|yayın ilkeleri
		|شارك على|شارك|مشاركة|انشر|طباعة|نسخ الرابط|استمع|تعليقات|التعليقات|أضف تعليق|اشترك|تابعنا على|تابعنا|حجم الخط|سياسة الخصوصية|شروط الاستخدام|الشروط والأحكام|من نحن|اتصل بنا|أعلن معنا|خريطة الموقع|اشتراک گذاری|چاپ|نظرات
		|シェアする|シェア|ツイート|ツイートする|ポスト|ポストする|xでポスト|xでシェア|facebookでシェア|lineで送る|lineでシェア|はてなブックマーク|はてブ|noteで書く|メールで送る|印刷|印刷する|リンクをコピー|urlをコピー|保存|記事を保存|あとで読む|クリップする|コメントを見る|コメントする|コメントを書く|コメント|文字サイズ|文字の大きさ|フォロー|フォローする|無料|有料記事|会員限定|この記事は有料記事です|メルマガ登録はこちら|メルマガ登録|登録はこちら|無料メルマガ|プライバシーポリシー|個人情報保護方針|個人情報|利用規約|著作権について|お問い合わせ|サイトマップ|会社概要|運営会社|広告掲載|広告|このサイトについて|サイトポリシー|特定商取引法に基づく表記|クッキーポリシー|採用情報|ヘルプ|ページトップへ|トップへ戻る
		|字号|字体大小|字体|分享到|分享至|分享|微博|微信|微信好友|朋友圈|qq空间|qq好友|复制链接|打印本页|打印|纠错|收藏|条评论|发表评论|我要评论|网友评论|跟贴|跟帖|参与互动|点赞|举报|关闭窗口|关闭|返回顶部|返回首页|关于我们|联系我们|广告服务|法律声明|隐私政策|隐私声明|用户协议|版权声明|网站地图|网站声明|人才招聘|诚聘英才|供稿服务|留言反馈|听新闻|语音播报|下载客户端|字級|分享給朋友|列印|留言|隱私權政策|服務條款|關於我們|聯絡我們
		|공유하기|공유|페이스북|트위터|카카오톡|카카오스토리|네이버밴드|네이버블로그|밴드|주소복사|url복사|url 복사|링크복사|글자크기|글자 크기|글씨크기|글자크기 설정|크게|작게|인쇄하기|인쇄|프린트|스크랩|기사저장|본문듣기|댓글|댓글쓰기|개인정보처리방침|개인정보 처리방침|청소년보호정책|이용약관|회사소개|광고안내|기사제보|고충처리|저작권규약|구독|구독하기|좋아요|bagikan|bagikan ke|salin tautan|komentar|cetak|kebijakan privasi|pedoman media siber|tentang kami|hubungi kami|chia sẻ|bình luận|lưu bài|chính sách bảo mật|liên hệ quảng cáo|view all|see all|show full article|show less|show more|read time|reuse this content|reprints|explore more|listen to this story|add to favourites|zur merkliste hinzufügen|merkliste|weitere optionen zum teilen|weiterlesen|feedback|contribuer|réutiliser ce contenu|voir les contributions|ajouter à vos sélections|ajouter à mes favoris|classer|deel artikel|advertentie|缩小字体|放大字体|我要反馈|保存网页|收藏本页|字体：|我要纠错|加入收藏`,
	weakItem: `home|homepage|startseite|start|accueil|inicio|portada|início|capa|home page|voorpagina|strona główna|domů|címlap|hem|hjem|forside|etusivu|главная|головна|начало|anasayfa|ana sayfa|الرئيسية|トップ|トップページ|ホーム|首页|首頁|홈|beranda|trang chủ|αρχική|acasă
		|news|latest news|latest|world|national|international|local|regional|regions|region|politics|business|economy|money|markets|sport|sports|football|cricket|opinion|comment|editorial|letters|culture|arts|entertainment|showbiz|lifestyle|life|style|travel|food|health|science|tech|technology|environment|climate|education|weather|traffic|crime|courts|property|jobs|obituaries|announcements|what's on|what’s on|things to do|competitions|podcasts|podcast|videos|video|photos|gallery|galleries|live|live tv|tv|radio|puzzles|crosswords|games|magazine|shop|shopping|deals|motors|cars|farming|community|general news|general|india|uk|us|us news|africa|asia|europe|middle east|americas|australia|cities|states|bollywood|trending|more|all sections|sections|top stories|breaking news|exclusive|investigations|analysis|data|explainers|long reads|features
		|nachrichten|politik|wirtschaft|kultur|wissen|gesellschaft|panorama|lokales|meinung|wetter|reise|digital|ratgeber|gesundheit|ausland|inland|finanzen|immobilien|auto|karriere|traueranzeigen|anzeigen|stellenmarkt|abo-shop|mediathek|newsticker|schlagzeilen|ressorts
		|actualités|actualité|actu|monde|politique|société|économie|faits divers|opinions|idées|débats|planète|santé|sciences|sorties|loisirs|régions|ma ville|ma commune|vidéos|en direct|direct|météo|immobilier|emploi|annonces|avis de décès|obsèques|journal numérique|le journal|newsletters|jeux
		|noticias|últimas noticias|actualidad|mundo|nacional|internacional|política|economía|sociedad|deportes|cultura|opinión|ciencia|tecnología|salud|sucesos|región|regiones|país|tendencias|espectáculos|vida|hemeroteca|edición impresa|edición digital|clasificados|el tiempo|vídeos|última hora|lo último|en vivo
		|notícias|últimas notícias|últimas|brasil|geral|esportes|esporte|desporto|economia|saúde|educação|ciência|tecnologia|entretenimento|cotidiano|cidades|justiça|direitos humanos|opinião|colunas|ao vivo|tempo
		|notizie|ultime notizie|ultima ora|cronaca|politica|esteri|mondo|spettacoli|salute|scienza|motori|viaggi|opinioni|regioni|foto|meteo|necrologie|annunci|edicola|le città
		|nieuws|laatste nieuws|net binnen|binnenland|buitenland|regio|politiek|economie|geld|cultuur|opinie|wetenschap|gezondheid|leven|weer|uitzendingen|krant|digitale krant|mijn krant|familieberichten|puzzels|showbizz|voetbal|wielrennen
		|wiadomości|kraj|świat|polityka|gospodarka|biznes|kultura|nauka|zdrowie|pogoda|regiony|zprávy|domácí|zahraničí|ekonomika|názory|hírek|belföld|külföld|gazdaság|kultúra|știri|politică|nyheter|senaste nytt|inrikes|utrikes|ekonomi|åsikter|debatt|väder|lokalt|innenriks|utenriks|økonomi|meninger|indland|udland|uutiset|kotimaa|ulkomaat|talous|urheilu|kulttuuri|sää
		|новости|лента новостей|лента|политика|экономика|общество|в мире|мир|россия|бизнес|спорт|культура|наука|технологии|происшествия|мнения|здоровье|авто|недвижимость|регионы|видео|фото|спецпроекты|эксклюзив|новини|політика|економіка|суспільство|світ|україна|култура
		|gündem|siyaset|dünya|spor|magazin|yaşam|sağlık|teknoloji|kültür sanat|kültür-sanat|eğitim|yazarlar|son dakika|haberler|türkiye|yerel|resmi ilanlar|hava durumu|أخبار|سياسة|اقتصاد|رياضة|ثقافة|صحة|تكنولوجيا|العالم|محليات|منوعات|آراء|فيديو
		|ニュース|速報|社会|政治|経済|国際|スポーツ|文化|科学|生活|暮らし|くらし|地域|地方|エンタメ|ビジネス|オピニオン|社説|天気|動画|写真|特集|ランキング|連載|記事|新聞|一覧|新闻|新闻中心|国内|国际|國際|社会新闻|财经|財經|体育|體育|娱乐|娛樂|科技|健康|军事|教育|视频|图片|评论|專題|专题|滚动|滚动新闻|即时|即時|要闻|要聞|港澳|台湾|正文|뉴스|정치|경제|사회|국제|스포츠|문화|연예|오피니언|전국|포토|영상
		|berita|nasional|olahraga|thời sự|thế giới|kinh tế|thể thao|pháp luật|view all news|iplayer|england|scotland|wales|n. ireland|northern ireland|local news|biodiversité|haberleri|gündem haberleri|bayern|united states|war in ukraine|in pictures|bbc verify|newsbeat|innovation|earth|war`,
	netItem:  `facebook|twitter|x|x twitter|whatsapp|telegram|linkedin|instagram|tiktok|youtube|pinterest|reddit|messenger|threads|bluesky|mastodon|flipboard|pocket|line|e-mail|mail|sms|viber|vk|vkontakte|ok|вконтакте|одноклассники|телеграм|вк|дзен|макс|signal|xing|google|apple news|wechat|weibo|a+|a-|aa|a|واتساب|فيسبوك|تويتر`,
	joinItem: `a month|per month|a week|per week|a year|per year|month|week|year|from|for|by|via|or|and|only|just|to|on|free|all|min|mins|minutes|minute|min read|minute read|minutes read|pro monat|monat|ab|für|nur|min. lesezeit|min lesezeit|minuten lesezeit|und|oder|minuten|à partir de|dès|par mois|mois|minutes de lecture|sur|et|ou|pour|par|desde|por|al mes|mes|en|min de lectura|minutos de lectura|y|a partir de|por mês|mês|min de leitura|minutos de leitura|da|al mese|mese|min di lettura|minuti di lettura|vanaf|per maand|maand|min leestijd|minuten leestijd|od|miesięcznie|min czytania|мин|минут|мин чтения|минут чтения|за|от|в месяц|dk|dk okuma|dakika|件|を見る|小|中|大|から|円|月|超大|标准|大号|小号|条|位`,
})

// Bounds of lines of a page, in bytes.
const (
	longestMenu     = 240 // that are looked at as a menu
	longestPageLine = 48  // what begins a link to another story
)

// betweenItems are the characters between items, and of figures behind them.
const betweenItems = " |>»›·•▪●/\\,;:.-–—−+…()（）[]【】{}→←▸▶►▾▼△▲＞｜／：、・○◯★☆✕×#&0123456789€£$￥¥\"“”「」"

// menuOf returns how many items of each kind make up s, a line. They are none where
// anything else stands in it.
func menuOf(s string) (items [joinItem + 1]int) {
	if len(s) > longestMenu {
		return items
	}
	for s = strings.TrimLeft(s, betweenItems); s != ""; s = strings.TrimLeft(s, betweenItems) {
		found, rest, ok := pageItems.find(s)
		if !ok {
			return [joinItem + 1]int{}
		}
		items[found.value]++
		s = rest
	}
	return items
}

// pageLine is a kind of line of a page, by how it begins.
type pageLine uint8

const (
	linkLine    pageLine = iota + 1 // a link to another story, behind a colon or the like
	listLine                        // what heads a list of links
	counterLine                     // how many comments there are, or a request for some
	appealLine                      // it speaks of the site; below the last sentence of the body only
	upperLine                       // it says who may read the article, above the body only
)

// pageLines are the beginnings of lines of pages, by language.
var pageLines = newPrefixTable(map[pageLine]string{
	linkLine: `vídeos|vidéos|videos|İlgili haber|İlginizi çekebilir|read more|read also|also read|see also|related|more on this|don't miss|you might like|from the archive|lesen sie auch|lesen sie hier|lies auch|auch interessant|mehr zum thema|mehr dazu|siehe auch|das könnte sie auch interessieren
		|à lire aussi|lire aussi|lire également|à lire également|à lire|a lire aussi|à voir aussi|voir aussi|lire plus|notre dossier|à écouter|pour aller plus loin
		|lea también|lee también|lea además|también lee|también le puede interesar|te puede interesar|le puede interesar|te recomendamos|le recomendamos|más información|vea también|ver también|mira también|leer más|lea más|no te pierdas
		|leia também|leia mais|veja também|veja mais|saiba mais|confira também|ler também|ver também|leia ainda
		|leggi anche|leggi tutto|vedi anche|guarda anche|approfondisci|potrebbe interessarti|per approfondire|da leggere
		|lees ook|lees verder|lees meer|ook interessant|zie ook|bekijk ook|meer over|luister ook|czytaj także|czytaj też|czytaj również|zobacz także|zobacz też|zobacz również|przeczytaj także|przeczytaj też|przeczytaj również|warto przeczytać
		|čtěte také|čtěte též|přečtěte si|čítajte aj|prečítajte si|mohlo by vás zajímat|kapcsolódó cikk|olvassa el|citește și|citeşte şi|citiți și|vezi și|pročitajte i|pročitajte još|čitajte još|preberite tudi|прочетете още|вижте още|διαβάστε επίσης|διαβάστε ακόμη|δείτε επίσης
		|läs också|läs även|läs mer|les også|les mer|læs også|læs mere|lue myös|lue lisää|katso myös
		|читайте также|читайте ещё|читайте еще|читать также|читать далее|смотрите также|материал по теме|материалы по теме|ещё по теме|еще по теме|по теме|рекомендуем|читайте також|дивіться також|читати також
		|ilgili haber|ilgili haberler|bunu da oku|ayrıca oku|haberin detayı|ayrıca bakınız|ilginizi çekebilir|bunlar da ilginizi çekebilir|اقرأ أيضا|اقرأ أيضًا|اقرأ أيضاً|اقرأ ايضا|اقرأ المزيد|شاهد أيضا|شاهد أيضًا|طالع أيضا|بیشتر بخوانید|همچنین بخوانید
		|関連記事|関連ニュース|【関連記事】|【関連】|【関連ニュース】|あわせて読みたい|【あわせて読みたい】|＜関連記事＞|<関連記事>|【写真】|【動画】|【画像】|【図解】|【図表】|続きを読む|【合わせて読みたい】|こちらも読まれています
		|相关阅读|相关新闻|相关报道|相关链接|延伸阅读|延伸閱讀|推荐阅读|更多阅读|相關新聞|相關報導|【相关阅读】|【延伸阅读】|【推荐阅读】|此前报道|관련기사|관련 기사|▶관련기사|【관련기사】|[관련기사]|baca juga|baca selengkapnya|lihat juga|xem thêm|đọc thêm|यह भी पढ़ें|ये भी पढ़ें|इसे भी पढ़ें|soma pia|`,
	listLine: `İlgili haberler|most read|most popular|most viewed|most shared|most commented|editor's picks|editors' picks|editor’s picks|trending now|trending|popular now|latest stories|latest headlines|latest articles|more stories|more headlines|more news|more articles|other stories|other news|up next|recommended stories|recommended for you|recommended articles|recommended reading|sponsored links|promoted stories|promoted content|around the web|from around the web|from our partners|top stories|related topics|related tags|related stories|related articles|related content|related news|related links|you may also like|you might also like|what to read next|read next|read this next|in case you missed it|today's top stories
		|meistgelesen|meistgelesene artikel|meist gelesen|am meisten gelesen|meistkommentiert|das könnte sie interessieren|weitere artikel|weitere meldungen|weitere nachrichten|weitere themen|ähnliche artikel|verwandte themen|themen dieses artikels|aktuelle nachrichten|neueste nachrichten|top-themen|empfehlungen der redaktion
		|sur le même sujet|sur le même thème|dans la même rubrique|dans la même thématique|les plus lus|les plus lues|les articles les plus lus|articles les plus lus|les plus consultés|les plus commentés|à lire ensuite|vous aimerez aussi|plus d'articles|plus d’articles|articles similaires|articles liés|articles associés|autres articles|l'actu en direct|dernières actualités|à la une|contenus sponsorisés|nos partenaires|plus d'infos|le fil info
		|lo más leído|lo más visto|más leídas|más leídos|las más leídas|más vistos|noticias relacionadas|notas relacionadas|artículos relacionados|contenido relacionado|temas relacionados|más noticias|más sobre este tema|otras noticias|últimas noticias|también te puede interesar|relacionados|relacionadas|más en|recomendados|lo último
		|mais lidas|mais lidos|as mais lidas|mais vistas|mais populares|notícias relacionadas|matérias relacionadas|artigos relacionados|conteúdo relacionado|mais notícias|outras notícias|últimas notícias|mais sobre|tópicos relacionados|ver mais|mais recentes|em alta
		|i più letti|le più lette|più letti|più lette|i più visti|articoli correlati|notizie correlate|potrebbe interessarti anche|potrebbero interessarti|ti potrebbe interessare|altre notizie|altri articoli|ultime notizie|temi correlati
		|meest gelezen|meest gelezen artikelen|best gelezen|net binnen|gerelateerde artikelen|gerelateerd|meer nieuws|meer over dit onderwerp|aanbevolen|aanbevolen artikelen|andere artikelen|laatste nieuws|uit het archief
		|najczęściej czytane|najpopularniejsze|najnowsze|powiązane artykuły|powiązane|więcej na ten temat|podobne artykuły|nejčtenější|související|související články|související témata|další články|najčítanejšie|súvisiace články|legolvasottabb|kapcsolódó cikkek|további cikkek|cele mai citite|articole similare|știri similare|najčitanije|povezane vijesti|povezani članci|najbolj brano|най-четени|още по темата|свързани статии|δημοφιλή|σχετικά άρθρα
		|mest läst|mest lästa|mest lest|mest læst|mest läst just nu|senaste nytt|relaterat|relaterade artiklar|fler nyheter|fler artiklar|relaterte artikler|relaterede artikler|flere nyheter|flere nyheder|siste nytt|luetuimmat|suosituimmat|aiheeseen liittyvää|uusimmat
		|самое читаемое|самое популярное|самые читаемые|популярное|популярные новости|читайте по теме|новости по теме|другие новости|другие материалы|похожие новости|похожие материалы|главное сегодня|главные новости|последние новости|новости партнеров|новости партнёров|новости сми2|выбор редакции|сейчас читают|лента новостей|реклама. рекомендуем|найпопулярніше|найчитаніше|популярне|за темою|схожі новини|останні новини|новини за темою
		|çok okunanlar|en çok okunanlar|en çok okunan haberler|çok okunan haberler|en çok okunan|benzer haberler|diğer haberler|öne çıkanlar|son haberler|son dakika haberleri|günün öne çıkanları|editörün seçtikleri|gözden kaçmasın|الأكثر قراءة|الأكثر مشاهدة|أخبار ذات صلة|مقالات ذات صلة|مواضيع ذات صلة|موضوعات ذات صلة|المزيد من الأخبار|آخر الأخبار|پربازدیدترین|اخبار مرتبط|مطالب مرتبط
		|アクセスランキング|人気記事|人気ランキング|よく読まれている記事|よく読まれた記事|関連リンク|関連キーワード|関連トピックス|おすすめ記事|おすすめ|新着記事|新着ニュース|最新ニュース|注目の記事|注目ニュース|もっと見る|この記事に関するニュース|こんな記事も読まれています
		|热门新闻|热门文章|热点新闻|热门推荐|热门排行|点击排行|点击排行榜|新闻排行|新闻排行榜|24小时热文|阅读排行|阅读排行榜|相关文章|为您推荐|猜你喜欢|最新新闻|最新文章|更多新闻|精彩推荐|编辑推荐|热门评论|熱門新聞|熱門文章|推薦閱讀|最新消息|인기기사|인기 기사|많이 본 뉴스|많이 본 기사|가장 많이 본 뉴스|관련뉴스|추천기사|추천뉴스|핫뉴스|오늘의 주요뉴스|berita terkait|berita terpopuler|berita populer|terpopuler|tin liên quan|tin cùng chuyên mục|đọc nhiều|xem nhiều|tin mới|explore more on these topics|related internet links|comments and ratings|haberle ilgili daha fazlası|bakmadan geçme!|bakmadan geçme|deze artikelen vind je misschien ook leuk|ook leuk|文章关键词|mest populære|más vistas`,
	counterLine: `comments|comment|view comments|show comments|join the conversation|kommentare|kommentar|kommentarer|commentaires|commentaire|réactions|comentarios|comentario|comentários|commenti|reacties|reactie|komentarze|komentarzy|komentáře|diskuse|diskuze|hozzászólások|comentarii|komentari|комментарии|комментариев|коментарі|коментари|yorumlar|yorum|التعليقات|تعليقات|コメント|评论|評論|网友评论|最新评论|跟帖|跟贴|댓글|komentar|bình luận|σχόλια|kommentit
		|shares|likes|views|pageviews|vues|visualizações|просмотров|просмотры|просмотров:|görüntülenme|阅读|阅读量|浏览|浏览量|浏览次数|点击|点击数|조회수`,
	appealLine: `with the exception of the headline|except for the headline|this story has not been edited|this story has been published from|this story has been sourced|this story is auto-generated|this story is published from|this article has not been edited|this article was generated from|this article has been published from|this report has not been edited|this report has been published|this content has not been edited|this copy has not been|the above story|the above article|the story has not been edited|the headline has been|this is a syndicated|this is an unedited|get the app|get the day's top|get the day’s top|get breaking news|get the latest news|get the news|get the best of|sign up for our|sign up to our|subscribe to our newsletter|subscribe to our|subscribe to the|make us your preferred source|add us as a preferred source|choose us as a preferred source|follow us on google news|this website and associated newspapers|this website and its associated newspapers|we adhere to the|if you have a complaint about|if you have a complaint which|if you would like to comment|to report an error|to report a correction|spotted an error|see an error|report a typo|found a typo|got a story|do you have a story|have you got a story|have a news tip|got a news tip|please report any comments|we moderate comments|comments are moderated|commenting is now closed|comments on this article|comments on this story|your comment will be|this comment section|this site is protected by recaptcha|registered in england|registered office
		|fehler gefunden|fehler entdeckt|haben sie einen fehler|ihnen ist ein fehler|ist ihnen ein fehler|tippfehler gefunden|ihr kommentar|kommentieren sie|schreiben sie einen kommentar|die kommentarfunktion|bitte beachten sie unsere netiquette|bitte beachten sie die netiquette|folgen sie uns|sie können den artikel|laden sie unsere app|jetzt die app
		|vous avez aimé cet article|cet article vous a plu|vous avez repéré une erreur|vous avez trouvé une erreur|signaler une erreur|signalez une erreur|vous souhaitez réagir|connectez-vous pour commenter|connectez-vous pour réagir|suivez toute l'actualité|suivez toute l’actualité|suivez l'actualité|retrouvez toute l'actualité|retrouvez toute l’actualité|téléchargez l'application|téléchargez l’application|téléchargez notre application|recevez notre|toute l'actualité|toute l’actualité|ajoutez-nous|ajouter comme source préférée
		|síguenos en|síganos en|sigue toda la información|sigue todas las noticias|sigue nuestro canal|suscríbete a nuestro|suscríbete a nuestra|suscríbase a|recibe las noticias|recibe nuestro|recibe nuestra|recibe gratis|descarga nuestra app|descarga la app|descargue la app|únete a nuestro canal|únete a nuestro|los comentarios publicados|¿encontraste un error|¿has encontrado un error|¿encontró un error|¿viste algún error|este sitio utiliza cookies|este sitio web utiliza cookies|esta web utiliza cookies|este sitio usa cookies|queda prohibida la reproducción|prohibida la reproducción|prohibida su reproducción
		|siga o canal|siga a nossa|siga nosso|siga-nos|receba as notícias|receba notícias|receba nossas|receba no whatsapp|entre no canal|entre no grupo|entre no nosso|participe do canal|participe do nosso|inscreva-se no canal|baixe o app|baixe o aplicativo|baixe nosso|clique aqui para|encontrou algum erro|encontrou um erro|viu algum erro|os comentários não|é permitida a reprodução|é proibida a reprodução|proibida a reprodução|permitida a reprodução|reprodução permitida|este site usa cookies|este site utiliza cookies|este conteúdo é protegido
		|seguici su|segui il nostro|segui i nostri|iscriviti alla newsletter|iscriviti alla nostra|iscriviti al canale|iscriviti al nostro|ricevi le notizie|scarica l'app|scarica l’app|scarica la nostra|unisciti al|hai trovato un errore|segnala un errore|questo sito utilizza cookie|questo sito utilizza i cookie|entra nel nostro
		|krijg elke|krijg dagelijks|ontvang elke|ontvang dagelijks|ontvang het|ontvang ons|ontvang onze|blijf op de hoogte|schrijf je in|schrijf u in|meld je aan|meld u aan|download de app|download onze|volg ons|foutje gezien|fout gezien|een fout gevonden|fout gevonden|tip de redactie|tips voor de redactie|log in om te reageren|deze website gebruikt cookies|deze site gebruikt cookies|znalazłeś błąd|zauważyłeś błąd|zauważyłaś błąd|widzisz błąd|pobierz aplikację|pobierz naszą|obserwuj nas|dołącz do nas|ta strona używa|našli jste chybu|našli jste v článku|sledujte nás|stáhněte si|našli ste chybu|hibát talált|kövessen minket|töltse le|ai găsit o greșeală|urmărește-ne|pratite nas|preuzmite|abonează-te
		|hittat ett fel|har du hittat ett fel|ser du ett fel|följ oss|ladda ner appen|ladda ned|få nyheterna|få de senaste|funnet en feil|fant du en feil|har du fundet en fejl|følg oss|følg os|last ned|hent appen|huomasitko virheen|lataa sovellus|seuraa meitä
		|нашли опечатку|нашли ошибку|заметили ошибку|заметили опечатку|увидели ошибку|увидели опечатку|если вы нашли ошибку|если вы нашли опечатку|если вы заметили ошибку|если вы заметили опечатку|если вы обнаружили ошибку|если вы обнаружили опечатку|выделите текст|выделите её|выделите ее|сообщить об опечатке|сообщить об ошибке|сообщите об ошибке|чтобы оставить комментарий|чтобы комментировать|комментировать могут|скачайте приложение|скачать приложение|установите приложение|на сайте используются|на информационном ресурсе|сетевое издание|свидетельство о регистрации|использование материалов|перепечатка|полное или частичное|при полном или частичном|при перепечатке|читайте нас|знайшли помилку|помітили помилку|якщо ви помітили помилку|якщо ви знайшли помилку|слідкуйте за|приєднуйтесь|використання матеріалів|намерихте грешка
		|google news'te|google news’te|google news üzerinden|bizi takip edin|whatsapp kanalımıza|telegram kanalımıza|abone olmak için|uygulamamızı indirin|uygulamayı indir|bu haberde yer alan|bu sitede yayınlanan|bu sitede yer alan|sitemizde yayınlanan|sitede yayınlanan|sitede yer alan|yorum yapmak için|yorum yapabilmek için|yorumların tüm|kaynak gösterilmeden|kaynak gösterilerek|haber hatası|hata bildir|yazım hatası|haberin tüm hakları
		|تابع آخر|تابعوا آخر|تابعوا قناتنا|انضموا إلى|انضم إلى قناة|حمل التطبيق|حمّل التطبيق|اشترك في النشرة|اشترك في قناة|للإبلاغ عن خطأ|التعليقات لا تعبر|جميع الحقوق|ما را در
		|メルマガ登録|メールマガジン|メルマガ|ニュースレター登録|この記事をシェア|この記事を書いた人|この記事の筆者|誤字脱字|本サイトに掲載|当サイトに掲載|本サイトの記事|記事・写真の無断|記事の無断|掲載の記事|本紙掲載|本記事の無断|無断転載|会員登録すると|会員登録で|コメントをするには|コメントを投稿する|コメントするには|lineで友だち|line公式|友だち追加|公式line|facebookページ|xで最新|フォローする
		|本网站|本網站|本站所|本站声明|本站内容|本站文章|本站转载|本站刊|刊用本网|未经本网|未经本站|未經本報|未经书面|凡本网|凡注明|凡署名|转载请|轉載請|欢迎关注|歡迎關注|扫码关注|扫一扫|扫描二维码|长按二维码|长按识别|微信扫一扫|微信扫码|关注我们|關注我們|关注微信|关注公众号|更多精彩|更多内容请|更多资讯请|更多即时新闻|更多热点请|更多报道请|下载客户端|下载app|网友评论仅|网友评论只代表|新闻热线|违法和不良|免责声明|版权声明|特别声明：|特别声明:|特别提示：|以上内容为|责任编辑|【编辑|（编辑|(编辑|【責任編輯|【责任编辑|【责编|【纠错】|【打印】|【关闭】|【字号|【收藏】|【复制|立即下載|立即下载|追蹤我們|按讚
		|카카오톡 채널|카톡 제보|이메일 제보|제보를 기다립니다|채널 추가|무단 전재|무단전재|저작권자|ikuti kami|dapatkan update|dapatkan informasi|download aplikasi|unduh aplikasi|theo dõi chúng tôi|have you spotted an error|have you spotted a mistake|die kommentare sind geschlossen|die kommentare sind deaktiviert|les commentaires sont fermés|les commentaires sont modérés|les commentaires sont clos|os comentários são de responsabilidade|os comentários não representam|los comentarios están cerrados|comments are closed for|recevez chaque matin|recevez chaque jour|recevez chaque soir|recevez chaque semaine|i commenti sono moderati|i commenti sono chiusi|the bbc is not responsible|we are not responsible for the content|点击进入专题|24小时滚动播报|advertentie via`,
	upperLine: `premium|abo|exclusive|exclusif|exclusivo|esclusivo|esclusiva|abonné|abonnés|réservé aux abonnés|article abonné|article réservé|abonnenten|nur für abonnenten`,
})

// pageWords are the first words of pageItems and pageLines.
var pageWords = func() *wordSet {
	var set wordSet
	for _, item := range pageItems.entries {
		set.put(strings.ToLower(firstWord(item.text)), struct{}{})
	}
	for _, line := range pageLines.entries {
		if word := firstWord(line.text); word != "" {
			set.put(strings.ToLower(word), struct{}{})
		}
	}
	return &set
}()

// mayBeOfPage reports whether s may begin with one of pageItems or pageLines. It saves most lines
// the search for one.
func mayBeOfPage(s string) bool {
	return !isASCIILetter(s[0]) || pageWords.has(firstWord(s))
}

// mayBeLink reports whether s may be a menu or a link: prose is none but a link behind a colon.
func mayBeLink(s string) bool {
	return len(s) <= longestMenu && (!endsAsProse(s) || strings.IndexByte(s[:longestPageLine], ':') >= 0) && mayBeOfPage(s)
}

// endsAsProse reports whether s is too long for a link and ends as a sentence does.
func endsAsProse(s string) bool {
	return len(s) > longestPageLine && (s[len(s)-1] == '.' || s[len(s)-1] == '"')
}

// pageRule returns why line i is left out where it belongs to the page around the article, or 0.
// Head says that it stands above the body.
func (p *rawPage) pageRule(i int, head bool) RemovalRule {
	s := p.slice(p.lines[i])
	switch {
	case !mayBeLink(s):
		return 0
	case endsAsProse(s):
		if !isLinkLine(s, head) {
			return 0
		}
	case p.isMenu(s, head && !p.leadsProse(i)), (head || p.furniture > 0) && p.isMenuRow(i):
		p.furniture++
		if head && (standsAbove(s) || isTrail(s)) {
			p.menu = i + 1
		}
	case isLinkLine(s, head):
		p.furniture++
	default:
		return 0
	}
	return RuleChrome
}

// leadsProse reports whether line i stands right above prose, first of all: it can be no menu above a
// headline, but the headline.
func (p *rawPage) leadsProse(i int) bool {
	return i == 0 && (len(p.lines) == 1 || isProse(p.slice(p.lines[1])))
}

// isMenu reports whether s is nothing but items of a page. One that a title or an item of a list
// may be counts above the body, or where more of the page was found.
func (p *rawPage) isMenu(s string, head bool) bool {
	items := menuOf(s)
	sure := items[upperItem] + items[plainItem]
	known := p.furniture > 0
	switch all := sure + items[netItem] + items[weakItem]; {
	case all == 0:
		return head && pageItems.has(s) && isTrail(s)
	case sure > 0:
		return head || known || all > 1 || countWords(s, 2) == 2
	default:
		return all > 1 && known || all > 2 && head || head && isTrail(s)
	}
}

// standsAbove reports whether s, a line of items, stands above a headline: it has an item that
// does, or no button.
func standsAbove(s string) bool {
	items := menuOf(s)
	return items[upperItem] > 0 || items[plainItem]+items[netItem] == 0 && items[weakItem] > 0
}

// isMenuRow reports whether line i is an item of a menu that has one on each line, or the name of the
// first page of the site.
func (p *rawPage) isMenuRow(i int) bool {
	s := p.slice(p.lines[i])
	items := menuOf(s)
	switch {
	case items[weakItem]+items[netItem] == 0 || p.leadsProse(i):
		return false
	case i == 0 && homes.has(s) || i > 0 && p.lines[i-1].rule == RuleChrome:
		return true
	}
	if i+1 == len(p.lines) || len(p.slice(p.lines[i+1])) > longestMenu {
		return false
	}
	below := menuOf(p.slice(p.lines[i+1]))
	return below[weakItem]+below[netItem]+below[upperItem]+below[plainItem] > 0
}

// isTrail reports whether s is the path to an article: "Home > Regions > Lake District". Before a
// bar, a slash or a dot stands the first page of the site, as the section of a headline may.
func isTrail(s string) bool {
	first, rest, pointed := cutTrail(s)
	if rest == "" || EndsSentence(s) {
		return false
	}
	items := menuOf(first)
	if items[weakItem]+items[upperItem] == 0 || items[plainItem] > 0 || !pointed && !homes.has(first) {
		return false
	}
	parts := 1
	for rest != "" && countWords(first, 6) < 6 {
		first, rest, _ = cutTrail(rest)
		parts++
	}
	return countWords(first, 6) < 6 || parts > 2 && rest == "" // the headline itself
}

// homes are the names of the first page of a site.
var homes = phrases(`home|homepage|home page|startseite|start|accueil|inicio|portada|início|capa|voorpagina|strona główna|domů|címlap|hem|hjem|forside|etusivu|главная|головна|начало|anasayfa|ana sayfa|الرئيسية|トップ|トップページ|ホーム|首页|首頁|홈|beranda|trang chủ|αρχική|acasă`)

// cutTrail cuts s around the first sign that stands between the parts of a path, and reports whether
// that points onwards. There is no rest where there is none.
func cutTrail(s string) (part, rest string, pointed bool) {
	for i := 1; i < len(s); i++ {
		if s[i] != '>' && s[i] != ' ' && s[i] < utf8.RuneSelf {
			continue
		}
		for n, sign := range [...]string{" > ", " » ", " › ", " → ", ">", "＞", "»", "›", " / ", " | ", " · ", " • "} {
			if rest, ok := strings.CutPrefix(s[i:], sign); ok && rest != "" {
				return s[:i], strings.TrimLeft(rest, " "), n < 8
			}
		}
	}
	return s, "", false
}

// isLinkLine reports whether s, by how it begins, is a link to another story, heads a list of
// them or counts the comments.
func isLinkLine(s string, head bool) bool {
	found, begin, rest := findPageLine(s)
	switch found.value {
	case linkLine:
		return isLinkRest(rest)
	case listLine:
		return !hasWord(rest) && begin == s || !head && hasAnyPrefix(rest, ":", "：") && isLinkRest(rest)
	case counterLine:
		rest = strings.TrimLeft(rest, " :：")
		return rest == "" && begin != s || strings.HasPrefix(rest, "(") && isDigit(firstByte(rest[1:])) || isNumber(rest)
	case upperLine:
		return head && rest == "" && begin == s
	}
	return false
}

// findPageLine returns the one of pageLines that begins s, s from there on, and what follows it. Its
// value is 0 if there is none.
func findPageLine(s string) (found prefix[pageLine], begin, rest string) {
	for _, begin := range [...]string{strings.TrimLeft(s, "([【「＜<*▶►▸→»›>•■◆●-–—※◎☞+ 0123456789"), s} {
		if found, rest, ok := pageLines.find(begin); ok {
			return found, begin, rest
		}
	}
	return found, "", ""
}

// isLinkRest reports whether s follows the words that begin a link: behind a sign it is any short
// line that goes on as no sentence of an article does.
func isLinkRest(s string) bool {
	if !hasWord(s) {
		return true
	}
	link := strings.TrimLeft(s, "】]＞> ")
	signed := link != s && !strings.HasPrefix(s, " ")
	if rest := strings.TrimLeft(link, ":：.|-–—»›→>▶「 "); rest != link {
		link, signed = rest, true
	}
	return signed && !beginsSmall(link) && countWords(link, 31) < 31 && !strings.Contains(strings.TrimRight(link, " "), ". ") && strings.Count(link, "。") < 2 && !goesOnAsProse(link)
}

// headsLinks reports whether s, a line that is left out, heads a list of links.
func headsLinks(s string) bool {
	found, rest, ok := pageLines.find(s)
	if ok && (found.value == linkLine || found.value == listLine) {
		return !hasWord(rest)
	}
	return listOwners.has(s) && countWords(s, 8) < 8 && !EndsSentence(s)
}

// listOwners begin what heads a list of links, before the name of a site or a section.
var listOwners = newPrefixTable(map[bool]string{true: `more from|more in|more on|latest from|latest in|most read in|mehr aus|mehr von|plus de|más de|más en|mais de|mais em|meer van|meer uit|więcej z|ещё в|altre notizie di|mer från|mer fra`})

// isAppeal reports whether s, below the last sentence of the body, speaks of the site and not of
// the news.
func isAppeal(s string) bool {
	const longest = 400 // bytes
	if len(s) > longest || !mayBeOfPage(s) {
		return false
	}
	found, _, rest := findPageLine(s)
	return found.value == appealLine && !speaksOfOthers(rest)
}

// isPageAppeal reports whether line i is an appeal of a page. A sentence is one where more of the page
// was found.
func (p *rawPage) isPageAppeal(i int, prose []bool) bool {
	return p.plain && (p.furniture > 1 || !prose[i]) && isAppeal(p.slice(p.lines[i]))
}

// skipSite returns the index of the first line that can be the headline, below the last menu that
// stands above line body: the name of the site stands above the menu. It is first where there is
// none.
func (p *rawPage) skipSite(first, body int) int {
	short := -1 // of one or two words
	for i := max(first, p.menu); i < body; i++ {
		s := p.slice(p.lines[i])
		if p.lines[i].rule != 0 || isSection(s) || isAuthor(s) || p.isSiteName(i, body) {
			continue
		}
		if countWords(s, 3) == 3 || IsUnspaced(firstRune(s)) {
			return i
		}
		if short < 0 {
			short = i
		}
	}
	if short >= 0 {
		return short
	}
	longest := first // above the menu
	for i := first; i < p.menu; i++ {
		if p.lines[i].rule == 0 && countWords(p.slice(p.lines[i]), 20) > countWords(p.slice(p.lines[longest]), 20) {
			longest = i
		}
	}
	return longest
}

// isSiteName reports whether line i is a name in capitals with the name of a section right below
// it, above another line that can be the headline.
func (p *rawPage) isSiteName(i, body int) bool {
	s := p.slice(p.lines[i])
	if i+2 >= body || countWords(s, 6) > 5 || !isSignature(s) {
		return false
	}
	section, headline := p.slice(p.lines[i+1]), p.slice(p.lines[i+2])
	return menuOf(section)[weakItem] > 0 && p.lines[i+2].rule == 0 && countWords(headline, 4) == 4
}

// isPageLine reports whether s is plainly a line of a page, which no line goes on with.
func isPageLine(s string) bool {
	if len(s) > longestMenu || !mayBeOfPage(s) || EndsSentence(s) {
		return false
	}
	items := menuOf(s)
	return items[upperItem] > 0 || items[plainItem] > 0 && items[plainItem]+items[weakItem] > 1 || isLinkLine(s, false)
}

// isTagLine reports whether line i, below which all is left out, stands among the lines of a page
// below the body, and is no sentence, quotation or item of a list.
func (p *rawPage) isTagLine(i int, prose []bool) bool {
	const above = 8 // lines
	s := p.slice(p.lines[i])
	if p.furniture == 0 || prose[i] || EndsSentence(s) || countWords(s, 16) == 16 || openersOfQuote(s) > 0 || hasAnyPrefix(s, "-", "–", "—", "•") {
		return false
	}
	if isCreditLine(p.slice(p.lines[i-1])) {
		return true
	}
	for j := i - 1; j > max(0, i-above) && !prose[j]; j-- {
		if rule := p.lines[j].rule; rule == RuleChrome || rule == RuleNotice || rule == RuleTrailer {
			return true
		}
	}
	return false
}

// proseLinks labels the links from line i on that are sentences, below the head of a list, and
// returns their number: two or more short ones of the same kind, with a paragraph below that is
// longer than both.
func (p *rawPage) proseLinks(i int, prose []bool) int {
	const longest = 90 // bytes
	n, size := 0, 0
	for i+n < len(p.lines) && p.lines[i+n].rule == 0 {
		l := p.lines[i+n]
		s := p.slice(l)
		if l.gap || len(s) > longest || !EndsSentence(s) || strings.Contains(s, ". ") || speaksOfOthers(s) {
			break
		}
		size += len(s)
		n++
	}
	if n < 2 || i+n == len(p.lines) || !prose[i+n] || p.lines[i+n].Len() < size || !strings.HasSuffix(p.slice(p.lines[i-1]), ":") {
		return 0
	}
	for j := i; j < i+n; j++ {
		p.lines[j].rule, prose[j] = RuleChrome, false
	}
	return n
}
