package settings

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/seed-59202292/summarizer/internal/llm"
)

// maxSecretBytes bounds the file of a secret, so that a wrong path is noticed.
const maxSecretBytes = 16 << 10

// WithKey returns the endpoint with its API key, which it reads from the environment, as
// getenv has it, or from a file.
func (e *EndpointEntry) WithKey(getenv func(string) string) (*llm.Endpoint, error) {
	key, err := e.readKey(getenv)
	if err != nil {
		return nil, err
	}
	endpoint := e.Endpoint
	endpoint.APIKey = key
	if err := endpoint.Validate(); err != nil {
		return nil, fmt.Errorf("%s: the endpoint %q: %w", e.Where, e.Name, err)
	}
	return &endpoint, nil
}

func (e *EndpointEntry) readKey(getenv func(string) string) (string, error) {
	switch {
	case e.APIKeyEnv != "":
		key := strings.TrimSpace(getenv(e.APIKeyEnv))
		if key == "" {
			return "", fmt.Errorf("%s: the variable %s, which api_key_env names, is not set", e.Where, e.APIKeyEnv)
		}
		return key, nil
	case e.APIKeyFile != "":
		return ReadSecret(e.Where+": api_key_file", e.APIKeyFile)
	case e.BaseURL == "":
		return "", fmt.Errorf("%s: there is no API key: set api_key_env or api_key_file, or name an API that needs none with base_url", e.Where)
	}
	return "", nil
}

// ReadSecret reads what the file of a flag holds, without the white space around it and a
// byte order mark; nothing where no path is named. A secret that no header can hold, which
// would be nobody's, is an error.
func ReadSecret(flag, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	secret, err := readSecret(path)
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", flag, path, err)
	}
	return secret, nil
}

func readSecret(path string) (string, error) {
	data, err := ReadBounded(path, maxSecretBytes)
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(strings.TrimPrefix(string(data), "\ufeff"))
	switch {
	case secret == "":
		return "", errors.New("the file is empty")
	case strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return "", errors.New("the file holds blanks, further lines or characters that are not ASCII: write the secret alone, as ASCII or UTF-8")
	}
	return secret, nil
}

// ReadBounded reads a whole file of at most limit bytes. Its errors do not name the file.
func ReadBounded(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	switch {
	case err != nil:
		return nil, withoutPath(err)
	case int64(len(data)) > limit:
		return nil, fmt.Errorf("it is larger than %d bytes", limit)
	}
	return data, nil
}

// withoutPath returns the cause of an error of a file.
func withoutPath(err error) error {
	if pathError, ok := errors.AsType[*os.PathError](err); ok {
		return pathError.Err
	}
	return err
}
