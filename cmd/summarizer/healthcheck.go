package main

import (
	"fmt"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/probe"
	"github.com/seed-59202292/summarizer/internal/settings"
)

type healthcheckCmd struct {
	Addr    string        `help:"Address of the server. Default: the server of this machine, found by the settings of serve." placeholder:"HOST:PORT"`
	Service string        `help:"Service to ask for. Default: the whole server." placeholder:"NAME" config:"-" empty:"value"`
	Timeout time.Duration `help:"Maximum time to wait." default:"3s" config:"-"`

	dialFlags   `group:"dial"`
	listenFlags `group:"access"`
	accessFlags `group:"access"`
}

// Help implements kong.HelpProvider.
func (*healthcheckCmd) Help() string {
	return `Prints the status of grpc.health.v1 and exits with 0 when it is SERVING, else with 1.

Without --addr it asks the server of this machine, by the flags, variables and file of serve: at the port of --listen, with TLS when that has a certificate, which it does not verify unless --tls, --tls-ca or --tls-server-name say how. A server that asks every caller for a certificate is asked at --admin-listen, unless --tls-cert names one.`
}

// Run asks a server for its health.
func (c *healthcheckCmd) Run(env *environment) error {
	at, ask, err := c.server(env)
	if err != nil {
		return err
	}
	status, err := ask()
	if err != nil {
		return probe.Unreachable(env.ctx, at, batch.ErrorOf(err).Message, c.encrypted() || c.Addr == "" && c.accessFlags.TLSCert != "")
	}
	fmt.Fprintln(env.stdout, status)
	if status != healthpb.HealthCheckResponse_SERVING {
		return &exitError{code: 1}
	}
	return nil
}

// server returns where the server is and how it is asked.
func (c *healthcheckCmd) server(env *environment) (at string, ask func() (probe.Status, error), err error) {
	if c.Addr != "" {
		remote, err := c.dial(c.Addr, c.Timeout)
		return c.Addr, func() (probe.Status, error) {
			defer remote.Close()
			return checkHealth(env.ctx, remote, c.Service, c.Timeout)
		}, err
	}
	own := probe.OwnServer{
		Listen: c.Listen, AdminListen: c.AdminListen,
		TLS: c.accessFlags.TLSCert != "", NeedsCertificate: c.TLSClientCA != "" && c.Clients == "",
		Verify: c.dialFlags.TLS,
	}
	if own.Dial, err = c.config(); err != nil {
		return "", nil, err
	}
	own.APIKey, err = settings.ReadSecret("--api-key-file", c.APIKeyFile)
	return c.Listen, func() (probe.Status, error) { return own.Check(env.ctx, c.Service, c.Timeout) }, err
}
