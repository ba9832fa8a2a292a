package main

import (
	"fmt"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/seed-59202292/summarizer/internal/batch"
)

type healthcheckCmd struct {
	Addr    string        `help:"Address of the server." std:"listen"`
	Service string        `help:"Service to ask for. Default: the whole server." placeholder:"NAME" config:"-"`
	Timeout time.Duration `help:"How long to wait." default:"3s" config:"-"`

	dialFlags `group:"dial"`
}

// Help implements kong.HelpProvider.
func (*healthcheckCmd) Help() string {
	return `Prints the status of grpc.health.v1 and exits with 0 when it is SERVING, else with 1.`
}

// Run asks a server for its health.
func (c *healthcheckCmd) Run(env *environment) error {
	remote, err := c.dial(c.Addr, c.Timeout)
	if err != nil {
		return err
	}
	defer remote.Close()
	status, err := checkHealth(env.ctx, remote, c.Service, c.Timeout)
	if err != nil {
		return fmt.Errorf("the server at %s does not answer: %s", c.Addr, batch.ErrorOf(err).Message)
	}
	fmt.Fprintln(env.stdout, status)
	if status != healthpb.HealthCheckResponse_SERVING {
		return &exitError{code: 1}
	}
	return nil
}
