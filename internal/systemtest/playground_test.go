package systemtest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	browserlog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// browser is a tab of a headless browser, and what went wrong in it.
type browser struct {
	ctx context.Context

	mu       sync.Mutex
	requests []string
	faults   []string
}

// openBrowser starts Chromium, or skips the test where there is none.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	found := false
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "headless-shell"} {
		if _, err := exec.LookPath(name); err == nil {
			found = true
		}
	}
	if !found {
		t.Skip("there is no Chromium on the path: install chromium to test the page")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		stop()
		stopAllocator()
	})
	b := &browser{ctx: ctx}
	if err := chromedp.Do(ctx); err != nil { // starts it, without a deadline that would end it
		t.Fatal(err)
	}
	limited, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	b.ctx = limited
	err := chromedp.Listen(ctx, func(event any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			b.requests = append(b.requests, e.Request.URL)
		case *runtime.EventExceptionThrown:
			b.faults = append(b.faults, e.ExceptionDetails.Text)
		case *browserlog.EventEntryAdded:
			b.faults = append(b.faults, e.Entry.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// do runs steps in the tab.
func (b *browser) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// evaluate returns the value of an expression of JavaScript.
func evaluate[T any](t *testing.T, b *browser, expression string) T {
	t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// await waits until an expression of JavaScript holds.
func (b *browser) await(t *testing.T, expression string) {
	t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression)); err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
}

// Articles whose offsets differ by encoding, and whose ends of lines and markup have to
// stay.
var playgroundArticles = map[string]string{
	"emoji and CRLF.txt": "🚢🚢 Harbour news 👩‍🔧\r\n\r\nThe harbour council of Lorn 🏴󠁧󠁢󠁳󠁣󠁴󠁿 voted on Tuesday to rebuild the sea wall that a storm broke in March.\r\n\r\n" +
		"The work will cost €14 million 💶 and take two years, the council said.\r\n\r\nFishing boats will use the old basin until then. Opponents had asked for a cheaper wall of rubble.\r\n",
	"markup.html": "<!doctype html>\r\n<html><head><title>Sea wall</title></head><body><nav><a href=\"/\">Home</a></nav><article><h1>Lorn rebuilds its sea wall</h1>\r\n" +
		"<p>The harbour council of <b>Lorn</b> voted on Tuesday to rebuild the sea wall &mdash; a storm broke it in March.</p>\r\n" +
		"<p>The work will cost <em>14 million crowns</em> &amp; take two years 🚧, the council said.</p><p>Fishing boats will use the old basin until then. Opponents had asked for a cheaper wall of rubble.</p></article></body></html>\r\n",
	"arabic.txt": "مجلس الميناء يعيد بناء الجدار البحري\n\nصوت مجلس ميناء لورن يوم الثلاثاء على إعادة بناء الجدار البحري الذي حطمته عاصفة في مارس. ستكلف الأعمال 14 مليون كرونة وتستغرق عامين.\n\n" +
		"ستستخدم قوارب الصيد الحوض القديم حتى ذلك الحين 🚢. وكان المعارضون قد طالبوا بجدار أرخص من الركام.\n",
}

// evidenceOf asks the API for the evidence of each sentence of a text.
func evidenceOf(t *testing.T, address, text string) (sentences [][]string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"article": map[string]any{"text": text}})
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post("http://"+address+"/v1/articles:analyze", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Summary struct {
			Sentences []struct {
				Evidence []struct{ Text string }
			}
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	for _, s := range answer.Summary.Sentences {
		var texts []string
		for _, e := range s.Evidence {
			texts = append(texts, e.Text)
		}
		sentences = append(sentences, texts)
	}
	return sentences
}

// The page lights up the words that the answer names, whatever characters stand before
// them, asks nobody but its server, and breaks none of its own rules.
func TestPlayground(t *testing.T) {
	b := openBrowser(t)
	s := serve(t, nil)
	base := "http://" + s.http
	b.do(t, chromedp.Navigate(base+"/"))
	for name, text := range playgroundArticles {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			evaluate[bool](t, b, `document.getElementById("summary").replaceChildren(), source = "", true`)
			b.do(t, chromedp.SetUploadFiles("#file", []string{path}))
			b.await(t, `source !== ""`)
			b.do(t, chromedp.Click("#run"))
			b.await(t, `document.querySelectorAll("#summary button").length > 0 && running === null`)
			if got := evaluate[string](t, b, `document.getElementById("article").textContent`); got != text {
				t.Errorf("the article reads %q", got)
			}
			want := evidenceOf(t, s.http, text)
			if len(want) == 0 || len(want[0]) == 0 {
				t.Fatal("the answer has no evidence")
			}
			for i, evidence := range want {
				evaluate[bool](t, b, `document.querySelectorAll("#summary button")[`+strconv.Itoa(i)+`].click(), true`)
				lit := evaluate[string](t, b, `[...document.querySelectorAll("#article mark.on")].map((m) => m.textContent).join("")`)
				if diff := cmp.Diff(strings.Join(evidence, ""), lit); diff != "" {
					t.Errorf("sentence %d lights up (-evidence +lit):\n%s", i, diff)
				}
			}
		})
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, url := range b.requests {
		if !strings.HasPrefix(url, base+"/") && !strings.HasPrefix(url, "data:") {
			t.Errorf("the page asks %s", url)
		}
	}
	if len(b.requests) == 0 || len(b.faults) > 0 {
		t.Errorf("%d requests, faults %q", len(b.requests), b.faults)
	}
}

// A file of rows gives a file of results.
func TestPlaygroundBulk(t *testing.T) {
	b := openBrowser(t)
	s := serve(t, nil)
	var rows strings.Builder
	for i := range 70 {
		rows.WriteString(`{"id":"row ` + strconv.Itoa(i) + `","text":"The ferry to Skerry runs again. It was out of service for three weeks."}` + "\r\n")
	}
	rows.WriteString("{no JSON\n")
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(path, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	b.do(t, chromedp.Navigate("http://"+s.http+"/"), chromedp.SetUploadFiles("#archive", []string{path}))
	b.await(t, `document.getElementById("bulk-status").textContent.startsWith("Done")`)
	if got := evaluate[string](t, b, `document.getElementById("bulk-status").textContent`); got != "Done: 71 articles, 1 failed." {
		t.Error(got)
	}
	b.await(t, `document.getElementById("download").href.startsWith("blob:")`)
	ids := evaluate[int](t, b, `new Set(results.map((r) => r.id)).size`)
	answers := evaluate[int](t, b, `results.filter((r) => r.result?.summary?.text).length`)
	if ids != 71 || answers != 70 {
		t.Errorf("%d ids, %d answers", ids, answers)
	}
}

// A failed call leaves nothing of the answer before it, and a server without a model offers
// none.
func TestPlaygroundAfterFailure(t *testing.T) {
	b := openBrowser(t)
	s := serve(t, nil)
	b.do(t, chromedp.Navigate("http://"+s.http+"/"))
	b.await(t, `[...document.getElementById("engine").options].filter((o) => !o.disabled).map((o) => o.value).join() === "ENGINE_POLICY_LOCAL_ONLY"`)
	b.do(t, chromedp.Click("#example"))
	b.await(t, `document.querySelectorAll("#summary button").length > 0 && running === null`)
	evaluate[bool](t, b, `setText(""), true`)
	b.do(t, chromedp.Click("#run"))
	b.await(t, `document.getElementById("status").classList.contains("error") && running === null`)
	if shown := evaluate[string](t, b, `["summary", "topic-list", "made", "article", "removed"].map((id) => document.getElementById(id).textContent).join("")`); shown != "" {
		t.Errorf("the page still shows %q", shown)
	}
}

// The page reads rows and encodings as "summarizer batch" does.
func TestPlaygroundReadsAsBatchDoes(t *testing.T) {
	b := openBrowser(t)
	s := serve(t, nil)
	b.do(t, chromedp.Navigate("http://"+s.http+"/"))
	for line, want := range map[string]string{
		`{"id":{"x":1},"text":"a"}`:              `the field "id" must be a string or a number`,
		`{"id":"a","body":"a"}`:                  `it has no "text" and no "html"`,
		`{"text":5}`:                             `the field "text" must be a string`,
		`null`:                                   `it has no "text" and no "html"`,
		`{"id":12345678901234567890,"text":"a"}`: `{"id":"12345678901234567890","article":{"text":"a"}}`,
		`{"id":1.50,"text":"a","language":"English"}`:       `{"id":"1.50","article":{"text":"a"}}`,
		`{"id":null,"html":"<p>a","language":"pt-BR"}`:      `{"id":"7","article":{"text":"<p>a","mimeType":"text/html","languageCode":"pt-BR"}}`,
		`{"id":"b","title":"T","text":"a","language":null}`: `{"id":"b","article":{"text":"a","title":"T"}}`,
	} {
		quoted, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		got := evaluate[string](t, b, `(() => { try { return JSON.stringify(parseRow(`+string(quoted)+`, 7)) } catch (e) { return e.message } })()`)
		if got != want {
			t.Errorf("%s gives %s, want %s", line, got, want)
		}
	}
	for bytes, want := range map[string]string{
		"Zo\xc3\xab":                       "Zoë",
		"Zo\xeb \x96":                      "Zoë –",
		"\xff\xfeZ\x00":                    "\ufeffZ",
		"\xfe\xff\x00Z":                    "\ufeffZ",
		"\xef\xbb\xbfZo":                   "\ufeffZo",
		"<meta charset=koi8-r>\xe1":        "<meta charset=koi8-r>А",
		"<meta charset=\"x-unknown\">\xeb": "<meta charset=\"x-unknown\">ë",
		"<?xml version='1.0' encoding='gb18030'?>\xd6\xd0": "<?xml version='1.0' encoding='gb18030'?>中",
	} {
		numbers := make([]string, len(bytes))
		for i := range len(bytes) {
			numbers[i] = strconv.Itoa(int(bytes[i]))
		}
		if got := evaluate[string](t, b, `decode(new Uint8Array([`+strings.Join(numbers, ",")+`]).buffer)[0]`); got != want {
			t.Errorf("%q is read as %q, want %q", bytes, got, want)
		}
	}
}

// The page is as wide as a phone, has a name for each field, and can be used by keys alone.
func TestPlaygroundForEverybody(t *testing.T) {
	b := openBrowser(t)
	s := serve(t, nil)
	b.do(t, chromedp.EmulateViewport(390, 844), chromedp.Navigate("http://"+s.http+"/"), chromedp.Click("#example"))
	b.await(t, `document.querySelectorAll("#summary button").length > 0 && running === null`)
	if wide := evaluate[int](t, b, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the page is %d pixels wide", wide)
	}
	unnamed := evaluate[[]string](t, b, `[...document.querySelectorAll("input,select,textarea")].filter((f) => !f.labels.length && !f.ariaLabel).map((f) => f.id)`)
	if len(unnamed) > 0 {
		t.Errorf("fields without a name: %q", unnamed)
	}
	evaluate[bool](t, b, `document.querySelector("#summary button").focus(), true`)
	b.do(t, chromedp.KeyEvent(" "))
	b.await(t, `document.querySelectorAll("#article mark.on").length > 0`)
	if pressed := evaluate[string](t, b, `document.querySelector("#summary button").getAttribute("aria-pressed")`); pressed != "true" {
		t.Errorf("aria-pressed is %s", pressed)
	}
	if dir := os.Getenv("SUMMARIZER_SCREENSHOTS"); dir != "" {
		screenshots(t, b, dir)
	}
}

// screenshots are to be looked at.
func screenshots(t *testing.T, b *browser, dir string) {
	t.Helper()
	for _, width := range []int64{390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			b.do(t, chromedp.EmulateViewport(width, 900))
			b.do(t, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
				_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
				})
				return err
			}))
			image, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "page-"+strconv.FormatInt(width, 10)+"-"+scheme+".png"), image, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
