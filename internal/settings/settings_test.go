package settings

import (
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// flags belong to a program with two commands.
type flags struct {
	Config string `config:"-"`
	Serve  struct {
		Listen string `default:"a"`
		Model  string `also:"OTHER_MODEL"`
		Secret string `config:"-"`
		Admin  string `default:"b" empty:"value"`
	} `cmd:""`
	Batch struct {
		Limit int    `default:"1" min:"1" max:"1000"`
		Form  string `enum:"csv,jsonl" default:"csv"`
	} `cmd:""`
}

// parse parses the arguments with an environment and a file.
func parse(t testing.TB, vars map[string]string, content string, args ...string) (flags, *File, error) {
	t.Helper()
	var c flags
	var file *File
	var environ Environ
	for name, value := range vars {
		environ = append(environ, name+"="+value)
	}
	app, err := kong.New(&c, kong.WithBeforeResolve(func(ctx *kong.Context, element *kong.Path) error {
		if element.App == nil {
			return nil
		}
		var err error
		if file, err = Parse("c.yaml", []byte(content), ctx.Model); err == nil {
			ctx.AddResolver(&Resolver{Environ: environ, File: file})
		}
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = app.Parse(args)
	return c, file, err
}

func TestResolver(t *testing.T) {
	const file = "listen: file\nmodel: file\nlimit: 7 # of another command\n"
	for name, test := range map[string]struct {
		vars          map[string]string
		content       string
		args          []string
		listen, model string
	}{
		"defaults":             {nil, "", []string{"serve"}, "a", ""},
		"file":                 {nil, file, []string{"serve"}, "file", "file"},
		"environment":          {map[string]string{"SUMMARIZER_LISTEN": "env", "OTHER_MODEL": "other"}, file, []string{"serve"}, "env", "other"},
		"first variable first": {map[string]string{"SUMMARIZER_MODEL": "env", "OTHER_MODEL": "other"}, "", []string{"serve"}, "a", "env"},
		"command line":         {map[string]string{"SUMMARIZER_LISTEN": "env"}, file, []string{"serve", "--listen", "flag"}, "flag", "file"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _, err := parse(t, test.vars, test.content, test.args...)
			if err != nil || c.Serve.Listen != test.listen || c.Serve.Model != test.model {
				t.Errorf("%+v, %v", c.Serve, err)
			}
		})
	}
	if c, _, err := parse(t, map[string]string{"SUMMARIZER_SECRET": "x"}, "", "serve"); err != nil || c.Serve.Secret != "" {
		t.Errorf("a flag of the command line alone: %+v, %v", c.Serve, err)
	}
	if _, _, err := parse(t, map[string]string{"SUMMARIZER_LIMIT": "0"}, "", "batch"); err == nil || !strings.Contains(err.Error(), "the variable SUMMARIZER_LIMIT is 0: it must be 1 to 1000") {
		t.Errorf("a variable out of range: %v", err)
	}
	if c, _, err := parse(t, map[string]string{"SUMMARIZER_LIMIT": "1000"}, "", "batch"); err != nil || c.Batch.Limit != 1000 {
		t.Errorf("the end of a range: %+v, %v", c.Batch, err)
	}
	if _, _, err := parse(t, map[string]string{"SUMMARIZER_LIMIT": "many"}, "", "batch"); err == nil || !strings.Contains(err.Error(), "the variable SUMMARIZER_LIMIT") {
		t.Errorf("a variable that is no number: %v", err)
	}
}

func TestEmptyVariables(t *testing.T) {
	vars := map[string]string{"SUMMARIZER_LISTEN": "", "SUMMARIZER_ADMIN": ""}
	if c, _, err := parse(t, vars, "listen: file\nadmin: file\n", "serve"); err != nil || c.Serve.Listen != "file" || c.Serve.Admin != "" {
		t.Errorf("%+v, %v", c.Serve, err)
	}
	if c, _, err := parse(t, nil, "admin: \"\"\n", "serve"); err != nil || c.Serve.Admin != "" {
		t.Errorf("an empty value of the file: %+v, %v", c.Serve, err)
	}
}

func TestUnknownVariables(t *testing.T) {
	app, err := kong.New(&flags{})
	if err != nil {
		t.Fatal(err)
	}
	environ := Environ{
		"PATH=/bin", "SUMMARIZER_LISTEN=a", "OTHER_MODEL=m", "SUMMARIZER_MODEL=m", "SUMMARIZER_CONFIG=f", "SUMMARIZER_MINE=x",
		"SUMMARIZER_SERVICE_HOST=10.0.0.1", "SUMMARIZER_SERVICE_PORT_GRPC=1", "SUMMARIZER_PORT=tcp://10.0.0.1:1", "SUMMARIZER_PORT_1_TCP_ADDR=10.0.0.1",
		"SUMMARIZER_LISTENS=a", "SUMMARIZER_LIMT=1", "SUMMARIZER_ZEBRA=1", "SUMMARIZER_SECRET=1", "SUMMARIZER_=1",
	}
	want := []Unknown{{"SUMMARIZER_", ""}, {"SUMMARIZER_LIMT", "SUMMARIZER_LIMIT"}, {"SUMMARIZER_LISTENS", "SUMMARIZER_LISTEN"}, {"SUMMARIZER_SECRET", ""}, {"SUMMARIZER_ZEBRA", ""}}
	if got := environ.Unknown(app.Model, "SUMMARIZER_MINE"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestEditDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"MODLE", "MODEL", 2}, {"flaw", "lawn", 2}} {
		if got, back := editDistance(test.a, test.b), editDistance(test.b, test.a); got != test.want || back != test.want {
			t.Errorf("%q, %q: %d and %d, want %d", test.a, test.b, got, back, test.want)
		}
	}
}

func TestBadFiles(t *testing.T) {
	for content, want := range map[string]string{
		"listen: a\nlimits: 2\n":               `c.yaml:2: unknown key "limits"`,
		"limit: many\n":                        `c.yaml:1: the key "limit"`,
		"limit: 0\n":                           `c.yaml:1: the key "limit" is 0: it must be 1 to 1000`,
		"limit: 1001\n":                        `c.yaml:1: the key "limit" is 1001: it must be 1 to 1000`,
		"form: xml\n":                          `must be one of csv,jsonl`,
		"listen: a\nlisten: b\n":               `c.yaml:2: `,
		"listen: [a]\n":                        `needs one plain value`,
		"secret: a\n":                          `unknown key "secret"`,
		"config: a\n":                          `unknown key "config"`,
		"- listen\n":                           `there must be lines`,
		"llm:\n  endpoints: []\n":              `c.yaml:2: the key "llm.endpoints" needs a list`,
		"llm:\n  model: a\n":                   `c.yaml:2: unknown key "model" within "llm"`,
		"llm.verify: a\n":                      `c.yaml:1: the key "llm.verify" needs one line "endpoint:"`,
		"llm.verify:\n  who: a\n":              `c.yaml:2: unknown key "who"`,
		"llm:\n  verify:\n    endpoint: [a]\n": `c.yaml:3: the key "endpoint" of llm.verify needs`,
		"llm.verify:\n  endpoint:\n    model: a\n    who: b\n":     `c.yaml:4: unknown key "who" of an endpoint`,
		"llm.verify:\n  endpoint: a\nllm.verify:\n  endpoint: b\n": `c.yaml:3: `,
		"llm.endpoints:\n- model: a\n  where: b\n":                 `c.yaml:3: unknown key "where" of an endpoint`,
		"llm.endpoints:\n- model: a\n  timeout: soon\n":            `a time such as "30s"`,
		"llm.endpoints:\n- model: a\n- model: b\n":                 `c.yaml:3: the endpoint in line 2 is named "default" too`,
	} {
		if _, _, err := parse(t, nil, content, "serve"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
	}
}

// Who verifies is the name of an endpoint, or one of its own.
func TestVerifyEntry(t *testing.T) {
	for content, want := range map[string]string{
		"llm.verify:\n  endpoint: checker\n":                                       "checker",
		"llm:\n  verify:\n    endpoint: checker\n":                                 "checker",
		"llm.verify:\n  endpoint:\n    name: own\n    model: m\n    free: true\n":  "own m",
		"llm.verify:\n  endpoint: {name: own, model: m}\n":                         "own m",
		"llm.endpoints:\n- model: a\nllm.verify:\n  endpoint:\n    model: small\n": "default small",
	} {
		_, file, err := parse(t, nil, content, "serve")
		if err != nil {
			t.Errorf("%q: %v", content, err)
			continue
		}
		got := file.Verify.Name
		if own := file.Verify.Own; own != nil {
			got = own.Name + " " + own.Model
		}
		if got != want {
			t.Errorf("%q: %q, want %q", content, got, want)
		}
	}
}

// Whatever is in a file, it is read or refused with its place.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"listen: a\nlimit: 7\n", "llm:\n  endpoints:\n  - model: m\n    headers: {X-Team: a}\n", "{listen: a}", "a: &a [*a]", "---\n---\n", "? a\n: b\n", "!!binary a: b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		_, file, err := parse(t, nil, content, "serve")
		switch {
		case content == "":
		case err != nil && !strings.Contains(err.Error(), "c.yaml:"):
			t.Errorf("no place: %v", err)
		case err == nil && file == nil:
			t.Error("neither a file nor an error")
		}
	})
}

// TestFilesAsPeopleWriteThem reads a file with a byte order mark, names what a wrong key may
// mean, and reports all faults at once.
func TestFilesAsPeopleWriteThem(t *testing.T) {
	if c, _, err := parse(t, nil, "\ufefflisten: file\n", "serve"); err != nil || c.Serve.Listen != "file" {
		t.Errorf("a byte order mark: %+v, %v", c.Serve, err)
	}
	for content, wants := range map[string][]string{
		"listens: a\n":             {`c.yaml:1: unknown key "listens": did you mean "listen"?`},
		"\n_Listen: a\n":           {`c.yaml:2: unknown key "_Listen": did you mean "listen"?`},
		"zebra: a\n":               {`c.yaml:1: unknown key "zebra": keys are named as the flags`},
		"listen: a\n\tmodel: b\n":  {"c.yaml:2: ", "write spaces"},
		"listen:\ta\n\tmodel: b\n": {"c.yaml:2: ", "write spaces"},
		"limit: 0\nform: x\nzebra: 1\nllm.endpoints:\n- {modl: a}\n- {model: b, timeout: x, max_concurency: 2}\n- {base_url: c}\n": {
			"c.yaml:1: ", "c.yaml:2: ", "c.yaml:3: ", `c.yaml:5: unknown key "modl" of an endpoint: did you mean "model"?`,
			`c.yaml:6: the key "timeout" needs`, `c.yaml:6: unknown key "max_concurency" of an endpoint: did you mean "max_concurrency"?`, "c.yaml:7: ",
		},
	} {
		_, _, err := parse(t, nil, content, "serve")
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: no %q in %v", content, want, err)
			}
		}
	}
}

func TestNumbersThatAreTooLarge(t *testing.T) {
	var c struct{ N int }
	app, err := kong.New(&c, Values())
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{"99999999999999999999": "is too large", "9x": "is not a whole number"} {
		if _, err := app.Parse([]string{"--n", given}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", given, err)
		}
	}
}
