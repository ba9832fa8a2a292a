package settings

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxSecretBytes bounds the file of a secret, so that a wrong path is noticed.
const maxSecretBytes = 16 << 10

// ReadKey returns the API key of an endpoint, with the environment as getenv has it; empty
// where none is named.
func (e *EndpointEntry) ReadKey(getenv func(string) string) (string, error) {
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

// ReadSecret reads what the file of a flag holds, without the white space around it;
// nothing where no path is named.
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
	file, err := os.Open(path)
	if err != nil {
		if pathError, ok := errors.AsType[*os.PathError](err); ok {
			err = pathError.Err // the path is named already
		}
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSecretBytes+1))
	switch {
	case err != nil:
		return "", err
	case len(data) > maxSecretBytes:
		return "", fmt.Errorf("it is larger than %d bytes", maxSecretBytes)
	}
	secret := strings.TrimSpace(string(data))
	if secret == "" {
		return "", errors.New("the file is empty")
	}
	return secret, nil
}
