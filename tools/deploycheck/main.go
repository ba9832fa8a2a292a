// Command deploycheck reads the files of deploy/ as their programs do, and fails for faults
// that those programs would refuse or misread:
//
//	deploycheck DIRECTORY         Kubernetes manifests, strictly, by their types,
//	                              and the names by which they find each other
//	deploycheck -rules DASHBOARD  prints the queries of a Grafana dashboard as
//	                              Prometheus rules, for promtool to check
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"
)

func main() {
	var err error
	switch args := os.Args[1:]; {
	case len(args) == 2 && args[0] == "-rules":
		err = printRules(args[1])
	case len(args) == 1:
		err = checkManifests(args[0])
	default:
		err = errors.New("usage: deploycheck DIRECTORY | deploycheck -rules DASHBOARD")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "deploycheck:", err)
		os.Exit(1)
	}
}

// kustomization holds those keys of a kustomization.yaml that deploy/ uses.
type kustomization struct {
	meta.TypeMeta `json:",inline"`
	Labels        []struct {
		Pairs map[string]string `json:"pairs"`
	} `json:"labels"`
	Resources          []string    `json:"resources"`
	ConfigMapGenerator []generator `json:"configMapGenerator"`
	Images             []struct {
		Name   string `json:"name"`
		NewTag string `json:"newTag"`
	} `json:"images"`
}

// generator makes a config map of files.
type generator struct {
	Name  string   `json:"name"`
	Files []string `json:"files"`
}

// manifests are the objects of the base, one of each kind.
type manifests struct {
	kustomization kustomization
	deployment    apps.Deployment
	service       core.Service
	account       core.ServiceAccount
	budget        policy.PodDisruptionBudget
	scaler        autoscaling.HorizontalPodAutoscaler
	network       networking.NetworkPolicy
	config        map[string]any // flags of the server
	nats          cluster
}

// cluster is what the pods share: the objects of nats.yaml.
type cluster struct {
	service core.Service
	set     apps.StatefulSet
	network networking.NetworkPolicy
}

// read reads the three documents of the file, in this order.
func (c *cluster) read(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	documents := strings.Split(string(data), "\n---\n")
	targets := []any{&c.service, &c.set, &c.network}
	if len(documents) != len(targets) {
		return fmt.Errorf("%s: %d documents, not %d", path, len(documents), len(targets))
	}
	for i, document := range documents {
		if err := yaml.UnmarshalStrict([]byte(document), targets[i]); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// check reports why pods with these labels do not reach the server at url, or others do.
func (c *cluster) check(url string, pods map[string]string) error {
	own := c.set.Spec.Template
	selects := func(s *meta.LabelSelector, labelled map[string]string) bool {
		selector, err := meta.LabelSelectorAsSelector(s)
		return err == nil && s != nil && !selector.Empty() && selector.Matches(labels.Set(labelled))
	}
	switch {
	case url != "nats://"+c.service.Name+":4222":
		return fmt.Errorf("nats-url is %q, and the service %s", url, c.service.Name)
	case c.set.Spec.ServiceName != c.service.Name, !selects(&meta.LabelSelector{MatchLabels: c.service.Spec.Selector}, own.Labels), !selects(c.set.Spec.Selector, own.Labels):
		return errors.New("the service of NATS does not select its pod")
	case !selects(&c.network.Spec.PodSelector, own.Labels) || len(c.network.Spec.Ingress) != 1 || len(c.network.Spec.Ingress[0].From) != 1 || !selects(c.network.Spec.Ingress[0].From[0].PodSelector, pods):
		return errors.New("the network policy of NATS does not let in the pods, or others too")
	case !restricted(own.Spec.SecurityContext, own.Spec.Containers[0].SecurityContext):
		return errors.New("the pod of NATS is not within the restricted Pod Security Standard")
	}
	return nil
}

func checkManifests(dir string) error {
	var m manifests
	if err := decode(filepath.Join(dir, "kustomization.yaml"), &m.kustomization); err != nil {
		return err
	}
	kinds := map[string]any{
		"apps/v1 Deployment":                     &m.deployment,
		"v1 Service":                             &m.service,
		"v1 ServiceAccount":                      &m.account,
		"policy/v1 PodDisruptionBudget":          &m.budget,
		"autoscaling/v2 HorizontalPodAutoscaler": &m.scaler,
		"networking.k8s.io/v1 NetworkPolicy":     &m.network,
	}
	used := []string{"kustomization.yaml"}
	for _, name := range m.kustomization.Resources {
		used = append(used, name)
		path := filepath.Join(dir, name)
		if name == "nats.yaml" {
			if err := m.nats.read(path); err != nil {
				return err
			}
			continue
		}
		var t meta.TypeMeta
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := yaml.Unmarshal(data, &t); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		kind := t.APIVersion + " " + t.Kind
		target, ok := kinds[kind]
		if !ok {
			return fmt.Errorf("%s: %q is of a kind that is not known here or comes twice", path, kind)
		}
		delete(kinds, kind)
		if err := decode(path, target); err != nil {
			return err
		}
	}
	for kind := range kinds {
		return fmt.Errorf("%s: there is no %s", dir, kind)
	}
	for _, generator := range m.kustomization.ConfigMapGenerator {
		used = append(used, generator.Files...)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !slices.Contains(used, entry.Name()) {
			return fmt.Errorf("%s: kustomization.yaml does not name %s", dir, entry.Name())
		}
	}
	if err := decode(filepath.Join(dir, "config.yaml"), &m.config); err != nil {
		return err
	}
	return m.check()
}

// decode reads one YAML document; unknown and double keys are errors.
func decode(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalStrict(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// check reports every name that leads nowhere and every guard that is gone.
func (m *manifests) check() error {
	var faults []error
	want := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	pod := m.deployment.Spec.Template
	want(len(pod.Spec.Containers) == 1, "the pod has %d containers, not 1", len(pod.Spec.Containers))
	container := pod.Spec.Containers[0]

	matches := func(s *meta.LabelSelector) bool {
		selector, err := meta.LabelSelectorAsSelector(s)
		return err == nil && s != nil && !selector.Empty() && selector.Matches(labels.Set(pod.Labels))
	}
	want(matches(m.deployment.Spec.Selector), "the deployment does not select its pods")
	want(matches(m.budget.Spec.Selector), "the disruption budget does not select the pods")
	want(matches(&m.network.Spec.PodSelector), "the network policy does not select the pods")
	want(matches(&meta.LabelSelector{MatchLabels: m.service.Spec.Selector}), "the service does not select the pods")
	for _, spread := range pod.Spec.TopologySpreadConstraints {
		want(matches(spread.LabelSelector), "a spread constraint does not select the pods")
	}

	target := m.scaler.Spec.ScaleTargetRef
	want(target.Name == m.deployment.Name && target.Kind == m.deployment.Kind && target.APIVersion == m.deployment.APIVersion, "the scaler does not scale the deployment")
	want(m.deployment.Spec.Replicas == nil, "the deployment and the scaler both set the number of replicas")
	want(pod.Spec.ServiceAccountName == m.account.Name, "the pod's service account is not that of serviceaccount.yaml")
	want(m.service.Spec.ClusterIP == core.ClusterIPNone, "the service is not headless")

	hasPort := func(port intstr.IntOrString) bool {
		return slices.ContainsFunc(container.Ports, func(p core.ContainerPort) bool {
			return port.Type == intstr.String && p.Name == port.StrVal || port.Type == intstr.Int && p.ContainerPort == port.IntVal
		})
	}
	for _, port := range m.service.Spec.Ports {
		want(hasPort(port.TargetPort), "the service's port %s is none of the container", port.Name)
	}
	for _, rule := range m.network.Spec.Ingress {
		for _, port := range rule.Ports {
			want(port.Port != nil && hasPort(*port.Port), "the network policy lets in a port that the container does not have")
		}
	}
	probes := map[string]*core.Probe{"startup": container.StartupProbe, "readiness": container.ReadinessProbe, "liveness": container.LivenessProbe}
	for name, probe := range probes {
		switch {
		case probe == nil:
			want(false, "there is no %s probe", name)
		case probe.GRPC != nil:
			want(hasPort(intstr.FromInt32(probe.GRPC.Port)), "the %s probe asks a port that the container does not have", name)
		case probe.HTTPGet != nil:
			want(hasPort(probe.HTTPGet.Port), "the %s probe asks a port that the container does not have", name)
		}
	}

	volumes := map[string]bool{}
	for _, volume := range pod.Spec.Volumes {
		volumes[volume.Name] = true
		if volume.ConfigMap != nil {
			want(slices.ContainsFunc(m.kustomization.ConfigMapGenerator, func(g generator) bool {
				return g.Name == volume.ConfigMap.Name
			}), "no generator makes the config map %s", volume.ConfigMap.Name)
		}
	}
	for _, mount := range container.VolumeMounts {
		want(volumes[mount.Name], "the volume %s is mounted but not there", mount.Name)
	}

	want(m.config["insecure"] != true, "the server is insecure")
	for _, flag := range []string{"listen-tls-cert", "listen-tls-key", "clients"} {
		path, _ := m.config[flag].(string)
		want(slices.ContainsFunc(container.VolumeMounts, func(mount core.VolumeMount) bool {
			return mount.MountPath == filepath.Dir(path)
		}), "no volume holds the file of %s", flag)
	}

	want(!container.Resources.Requests.Cpu().IsZero() && !container.Resources.Requests.Memory().IsZero(), "the container requests no CPU or no memory")
	want(!container.Resources.Limits.Memory().IsZero(), "the container has no limit of memory")
	want(restricted(pod.Spec.SecurityContext, container.SecurityContext), "the pod is not within the restricted Pod Security Standard with a read-only root")
	for _, port := range []int32{443, 4222, 4317, 4318} {
		want(slices.ContainsFunc(m.network.Spec.Egress, func(rule networking.NetworkPolicyEgressRule) bool {
			return slices.ContainsFunc(rule.Ports, func(p networking.NetworkPolicyPort) bool { return p.Port.IntVal == port })
		}), "the network policy does not let calls to port %d out", port)
	}
	url, _ := m.config["nats-url"].(string)
	if err := m.nats.check(url, pod.Labels); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// restricted reports whether a pod meets the restricted Pod Security Standard, as
// far as its security contexts go, and cannot write to its root.
func restricted(pod *core.PodSecurityContext, container *core.SecurityContext) bool {
	isTrue := func(b *bool) bool { return b != nil && *b }
	return pod != nil && container != nil &&
		isTrue(pod.RunAsNonRoot) && pod.RunAsUser != nil && *pod.RunAsUser != 0 &&
		pod.SeccompProfile != nil && pod.SeccompProfile.Type == core.SeccompProfileTypeRuntimeDefault &&
		container.AllowPrivilegeEscalation != nil && !*container.AllowPrivilegeEscalation &&
		container.Capabilities != nil && slices.Equal(container.Capabilities.Drop, []core.Capability{"ALL"}) && len(container.Capabilities.Add) == 0 &&
		isTrue(container.ReadOnlyRootFilesystem)
}

// dashboard holds those keys of a Grafana dashboard that have queries below them.
type dashboard struct {
	Panels []struct {
		Title   string `json:"title"`
		Targets []struct {
			Expr string `json:"expr"`
		} `json:"targets"`
	} `json:"panels"`
}

// variables are the variables of the dashboard, with values that a rule may have.
var variables = strings.NewReplacer("$__rate_interval", "5m", "$job", "summarizer")

func printRules(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var d dashboard
	if err := json.Unmarshal(data, &d); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	type rule struct {
		Record string `json:"record"`
		Expr   string `json:"expr"`
	}
	type group struct {
		Name  string `json:"name"`
		Rules []rule `json:"rules"`
	}
	var groups []group
	for i, panel := range d.Panels {
		g := group{Name: fmt.Sprintf("%d %s", i, panel.Title)}
		for j, target := range panel.Targets {
			g.Rules = append(g.Rules, rule{fmt.Sprintf("panel:%d:%d", i, j), variables.Replace(target.Expr)})
		}
		if g.Rules != nil {
			groups = append(groups, g)
		}
	}
	if groups == nil {
		return fmt.Errorf("%s: no panel has a query", path)
	}
	out, err := yaml.Marshal(map[string]any{"groups": groups})
	if err == nil {
		_, err = os.Stdout.Write(out)
	}
	return err
}
