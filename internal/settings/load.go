package settings

import (
	"fmt"

	"github.com/alecthomas/kong"
)

// MaxFileBytes bounds a configuration file, so that a wrong path is noticed.
const MaxFileBytes = 1 << 20

// Load makes environment and configuration file known to ctx, to which it binds the *File,
// and returns the variables that are no settings and none of others. The flag --config names
// the file, or else SUMMARIZER_CONFIG does.
func Load(ctx *kong.Context, environ Environ, others ...string) ([]Unknown, error) {
	path := environ.Get(prefix + "CONFIG")
	for _, flag := range ctx.Model.Flags {
		if flag.Name == "config" {
			if given, _ := ctx.FlagValue(flag).(string); given != "" {
				path = given
			}
		}
	}
	var data []byte
	var err error
	if path != "" {
		if data, err = ReadBounded(path, MaxFileBytes); err != nil {
			return nil, fmt.Errorf("the configuration file %s cannot be read: %w", path, err)
		}
	}
	file, err := Parse(path, data, ctx.Model)
	if err != nil {
		return nil, err
	}
	ctx.Bind(file)
	ctx.AddResolver(&Resolver{Environ: environ, File: file})
	for _, endpoint := range file.Endpoints {
		others = append(others, endpoint.APIKeyEnv)
	}
	if file.Verify.Own != nil {
		others = append(others, file.Verify.Own.APIKeyEnv)
	}
	return environ.Unknown(ctx.Model, others...), nil
}
