package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/seed-59202292/summarizer/internal/settings"
)

// minimal are arguments that each subcommand parses with.
var minimal = [][]string{
	{"serve"},
	{"analyze", "x"},
	{"batch", "x", "-o", "y"},
	{"eval", "x"},
	{"topics"},
	{"llm", "check"},
	{"keys", "list"},
	{"cache", "stats"},
	{"cache", "purge", "--all"},
	{"healthcheck"},
	{"worker", "--nats-url", "nats://queue:4222"},
	{"version"},
}

// flagsOf parses args and returns the flags of their subcommand.
func flagsOf(t *testing.T, vars map[string]string, args ...string) (map[string]*kong.Flag, error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	parsed, err := parse(args, &environment{ctx: t.Context(), environ: environOf(vars), stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr})
	if err != nil {
		return nil, err
	}
	flags := map[string]*kong.Flag{}
	for _, flag := range parsed.context.Flags() {
		flags[flag.Name] = flag
	}
	return flags, nil
}

// candidates returns three values that flag takes, none of them its default.
func candidates(t *testing.T, flag *kong.Flag) [3]string {
	t.Helper()
	var out [3]string
	for i := range out {
		switch value := flag.Target.Interface().(type) {
		case string:
			out[i] = fmt.Sprintf("value-%d", i)
			switch flag.Name { // what is checked by more than a list of kong's
			case "input-format":
				out[i] = []string{"jsonl", "csv", "tsv"}[i]
			case "delimiter":
				out[i] = []string{";", "^", "tab"}[i]
			case "shard":
				out[i] = fmt.Sprintf("%d/9", i+1)
			}
			if flag.Enum != "" {
				others := []string{}
				for _, choice := range flag.EnumSlice() {
					if choice != value && choice != "" {
						others = append(others, choice)
					}
				}
				out[i] = others[i%len(others)]
			}
		case int64:
			out[i] = fmt.Sprint(value + int64(i) + 1)
		case int:
			out[i] = fmt.Sprint(value + i + 1)
		case float64:
			out[i] = fmt.Sprint(value + 0.25*float64(i+1)) // also within a share
		case time.Duration:
			out[i] = (value + time.Duration(i+1)*time.Second).String()
		case bool:
			out[i] = fmt.Sprint(i%2 == 0) // the file true, the environment false, the flag true
		default:
			t.Fatalf("--%s has the type %T, which this test does not know", flag.Name, value)
		}
	}
	return out
}

// TestPrecedence sets every flag in a file, in the environment and on the command
// line.
func TestPrecedence(t *testing.T) {
	seen := map[string]bool{}
	for _, args := range minimal {
		defaults, err := flagsOf(t, nil, args...)
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		for name, flag := range defaults {
			// Subcommands share flags by embedding them.
			declared := fmt.Sprint(name, flag.Target.Type(), flag.Default)
			if !settings.Configurable(flag) || name == "config" || seen[declared] {
				continue
			}
			seen[declared] = true
			t.Run(args[0]+"/"+name, func(t *testing.T) {
				initial := fmt.Sprint(flag.Target.Interface())
				values := candidates(t, flag)
				file := write(t, "config.yaml", fmt.Sprintf("%s: %s\n", name, values[0]))
				variable := settings.Variables(flag)[0]
				if want := "SUMMARIZER_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")); variable != want {
					t.Errorf("variable %s, want %s", variable, want)
				}
				steps := []struct {
					where string
					vars  map[string]string
					args  []string
					want  string
				}{
					{"default", nil, args, initial},
					{"file", map[string]string{"SUMMARIZER_CONFIG": file}, args, values[0]},
					{"environment over file", map[string]string{"SUMMARIZER_CONFIG": file, variable: values[1]}, args, values[1]},
					{"environment", map[string]string{variable: values[1]}, args, values[1]},
					{
						"flag over environment and file",
						map[string]string{variable: values[1]},
						append(append([]string{}, args...), "--config", file, "--"+name+"="+values[2]), values[2],
					},
				}
				for _, step := range steps {
					got, err := flagsOf(t, step.vars, step.args...)
					if err != nil {
						t.Errorf("%s: %v", step.where, err)
						continue
					}
					if value := fmt.Sprint(got[name].Target.Interface()); value != step.want {
						t.Errorf("%s: %s, want %s", step.where, value, step.want)
					}
				}
			})
		}
	}
}

func TestSecondVariable(t *testing.T) {
	file := write(t, "config.yaml", "llm-base-url: http://file/v1\n")
	tests := []struct {
		vars map[string]string
		want string
	}{
		{map[string]string{"SUMMARIZER_CONFIG": file}, "http://file/v1"},
		{map[string]string{"SUMMARIZER_CONFIG": file, "OPENAI_BASE_URL": "http://openai/v1"}, "http://openai/v1"},
		{map[string]string{"SUMMARIZER_LLM_BASE_URL": "http://ours/v1", "OPENAI_BASE_URL": "http://openai/v1"}, "http://ours/v1"},
	}
	for _, tt := range tests {
		flags, err := flagsOf(t, tt.vars, "serve")
		if err != nil {
			t.Fatal(err)
		}
		if got := flags["llm-base-url"].Target.String(); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.vars, got, tt.want)
		}
	}
}

func TestConfigFile(t *testing.T) {
	good := []string{
		"",
		"# nothing\n",
		"---\nlisten: 127.0.0.1:1\n",
		"listen: 127.0.0.1:1\nmax-sentences: 4 # of another subcommand\n\nllm-input-price: 0.25\ninsecure: true\ndefault-deadline: 10s\n",
		"listen: \"127.0.0.1:1\"\nadmin-listen: ''\n",
		"{listen: '127.0.0.1:1', no-reflection: true}\n",
	}
	for _, content := range good {
		if _, err := flagsOf(t, nil, "serve", "--config", write(t, "config.yaml", content)); err != nil {
			t.Errorf("%q: %v", content, err)
		}
	}
	bad := []struct{ name, content, want string }{
		{"unknown key", "listen: 127.0.0.1:1\n\nlisten-on: x\n", `config.yaml:3: unknown key "listen-on"`},
		{"key that is no setting", "all: true\n", `config.yaml:1: unknown key "all"`},
		{"the file itself", "config: other.yaml\n", `config.yaml:1: unknown key "config"`},
		{"a secret", "llm-api-key: sk-1\n", `config.yaml:1: unknown key "llm-api-key"`},
		{"wrong type", "llm-model: m\nstream-in-flight: many\n", `config.yaml:2: the key "stream-in-flight"`},
		{"wrong type for another subcommand", "llm-model: m\nmax-sentences: many\n", `config.yaml:2: the key "max-sentences"`},
		{"not one of", "log-level: loud\n", `config.yaml:1: the key "log-level": must be one of`},
		{"out of range", "listen: a:1\nmax-streams: 0\n", `config.yaml:2: the key "max-streams" is 0: it must be 1 to 1048576`},
		{"out of range of another subcommand", "retry-for: -1s\n", `config.yaml:1: the key "retry-for" is -1s: it must be at least 0s`},
		{"no number", "rate: NaN\n", `config.yaml:1: the key "rate" is NaN: it must be at least 0`},
		{"a list", "listen:\n  - a\n  - b\n", `config.yaml:1: the key "listen" needs one plain value`},
		{"a mapping", "llm:\n  model: m\n", `config.yaml:2: unknown key "model" within "llm"`},
		{"no value", "listen:\n", `config.yaml:1: the key "listen" needs one plain value`},
		{"twice", "listen: a:1\nlisten: b:2\n", `config.yaml:2: `},
		{"twice over documents", "listen: a:1\n---\nlisten: b:2\n", `config.yaml:3: the key "listen" is already set in line 1`},
		{"no mapping", "- listen\n", `config.yaml:1: there must be lines`},
		{"only a word", "listen\n", `config.yaml:1: there must be lines`},
		{"no YAML", "listen: [a\n", `config.yaml:1: `},
		{"another file", strings.Repeat("#\n", settings.MaxFileBytes), `it is larger than`},
		{"tab", "listen: a:1\n\tinsecure: true\n", `config.yaml:`},
	}
	for _, tt := range bad {
		t.Run(tt.name, func(t *testing.T) {
			got := cli(t, nil, "", "serve", "--config", write(t, "config.yaml", tt.content))
			if got.code != exitUsage {
				t.Errorf("code %d", got.code)
			}
			oneLine(t, got.stderr, tt.want)
		})
	}
	got := cli(t, map[string]string{"SUMMARIZER_CONFIG": "/nowhere/config.yaml"}, "", "serve")
	if got.code != exitUsage {
		t.Errorf("code %d", got.code)
	}
	oneLine(t, got.stderr, "/nowhere/config.yaml", "no such file")
}

func TestBadVariable(t *testing.T) {
	for name, value := range map[string]string{"SUMMARIZER_STREAM_IN_FLIGHT": "many", "SUMMARIZER_LOG_FORMAT": "xml", "SUMMARIZER_INSECURE": "perhaps"} {
		got := cli(t, map[string]string{name: value}, "", "serve")
		if got.code != exitUsage {
			t.Errorf("%s: code %d", name, got.code)
		}
		oneLine(t, got.stderr, name)
	}
}
