package eval

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"regexp"
	"strings"
	"time"
)

// Origin says where the figures of a report come from, so that they can be made again.
type Origin struct {
	Date    time.Time `json:"date,omitzero"`
	Version string    `json:"version,omitempty"` // of the program
	Command string    `json:"command,omitempty"`

	// DataSHA256 is the hash of the file of data, in hexadecimal; empty for a pipe.
	DataSHA256 string `json:"dataSha256,omitempty"`

	// Models are the models of systems, by the names of these.
	Models map[string]string `json:"models,omitempty"`
}

// HashFile returns the SHA-256 of a file in hexadecimal; empty where it is none.
func HashFile(path string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return ""
	}
	return hex.EncodeToString(hash.Sum(nil))
}

var (
	plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=,@%+-]+$`)
	userinfo  = regexp.MustCompile(`//[^/@\s]*@`)
)

// CommandLine writes arguments as a shell takes them, without the passwords of addresses.
func CommandLine(program string, args []string) string {
	words := []string{program}
	for _, arg := range args {
		arg = userinfo.ReplaceAllString(arg, "//…@")
		if !plainWord.MatchString(arg) {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}

// line says in one line where figures come from; empty when nothing is known.
func (o *Origin) line() string {
	var parts []string
	if !o.Date.IsZero() {
		parts = append(parts, o.Date.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if o.Version != "" {
		parts = append(parts, "summarizer "+o.Version)
	}
	if o.DataSHA256 != "" {
		parts = append(parts, "SHA-256 of the data "+o.DataSHA256[:12])
	}
	return strings.Join(parts, "; ")
}
