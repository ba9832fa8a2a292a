package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A secret is one word, however its file was made; its error does not show it.
func TestReadSecret(t *testing.T) {
	for content, want := range map[string]string{
		"smz_a-b":                   "smz_a-b",
		" smz_a-b\r\n\n":            "smz_a-b",
		"\ufeffsmz_a-b\r\n":         "smz_a-b",
		"":                          "empty",
		"\n":                        "empty",
		"\ufeff":                    "empty",
		"first\nsecond":             "further lines",
		"two words":                 "blanks",
		"Schlüssel":                 "ASCII",
		"\xff\xfes\x00m\x00z\x00":   "ASCII",
		strings.Repeat("x", 17<<10): "larger",
	} {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadSecret("--flag", path)
		switch {
		case err == nil && got != want:
			t.Errorf("%.20q: %q, want %q", content, got, want)
		case err != nil && (!strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "--flag "+path+": ")):
			t.Errorf("%.20q: %v, want %q", content, err, want)
		case err != nil && strings.Contains(err.Error(), "second"):
			t.Errorf("the error shows the secret: %v", err)
		}
	}
	if got, err := ReadSecret("--flag", ""); got != "" || err != nil {
		t.Errorf("no file: %q, %v", got, err)
	}
}
