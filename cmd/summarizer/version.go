package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker for a release.
var version string

// versionOf returns the version of the binary: the one that the linker set, else the version
// of the module, else "dev".
func versionOf() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "(devel)" {
		return "dev"
	}
	return cmp.Or(info.Main.Version, "dev")
}

func versionLine() string {
	return fmt.Sprintf("summarizer %s (%s, %s/%s)", versionOf(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

type versionCmd struct{}

// Run prints the version.
func (*versionCmd) Run(env *environment) error {
	_, err := fmt.Fprintln(env.stdout, versionLine())
	return err
}
