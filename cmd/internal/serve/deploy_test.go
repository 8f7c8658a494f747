package serve

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/cmd/internal/telemetry"
)

// The manifests repeat what the code decides. These tests keep them together.

const deploy = "../../../deploy/"

// A cronJob is as much of a CronJob as is checked here.
type cronJob struct {
	Spec struct {
		JobTemplate struct {
			Spec struct {
				PodFailurePolicy struct {
					Rules []struct {
						Action      string `yaml:"action"`
						OnExitCodes struct {
							Values []int `yaml:"values"`
						} `yaml:"onExitCodes"`
					} `yaml:"rules"`
				} `yaml:"podFailurePolicy"`
				Template struct {
					Spec struct {
						Grace int `yaml:"terminationGracePeriodSeconds"`
					} `yaml:"spec"`
				} `yaml:"template"`
			} `yaml:"spec"`
		} `yaml:"jobTemplate"`
	} `yaml:"spec"`
}

// Every exit code but those of a complete run has a rule: what ends the same way
// each time fails the job at once, the rest is tried again.
func TestPodFailurePolicyKnowsTheExitCodes(t *testing.T) {
	text, err := os.ReadFile(deploy + "kubernetes/base/cronjob.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c cronJob
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	spec := &c.Spec.JobTemplate.Spec
	rules := make(map[string][]int)
	for _, rule := range spec.PodFailurePolicy.Rules {
		rules[rule.Action] = append(rules[rule.Action], rule.OnExitCodes.Values...)
	}
	if spec.PodFailurePolicy.Rules[0].Action != "Ignore" {
		t.Error("a pod that was moved must be ignored first")
	}
	for action, codes := range map[string][]int{
		"FailJob": {job.ExitUsage, job.ExitRefused, job.ExitUnfixed, 8},
		"Count":   {job.ExitFailed, job.ExitIncomplete, job.ExitHeld},
	} {
		if !slices.Equal(rules[action], codes) {
			t.Errorf("%s: exit codes %v, want %v", action, rules[action], codes)
		}
	}
	if grace := time.Duration(spec.Template.Spec.Grace) * time.Second; grace < 26*time.Second {
		t.Errorf("a run may take 25 s to end, and has %s", grace)
	}
}

// The alert rules and the documentation name metrics that exist.
func TestAlertRulesNameMetricsThatExist(t *testing.T) {
	text, err := os.ReadFile(deploy + "prometheus/rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal(text, &rules); err != nil {
		t.Fatal(err)
	}
	known := telemetry.Names()
	for _, rule := range rules.Groups[0].Rules {
		names := strings.FieldsFunc(rule.Expr, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' })
		names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, "wixrecon_") })
		if len(names) == 0 {
			t.Errorf("%s has no metric", rule.Alert)
		}
		for _, name := range names {
			if !slices.Contains(known, name) {
				t.Errorf("%s: there is no metric %s", rule.Alert, name)
			}
		}
	}
}
