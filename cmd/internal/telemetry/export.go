package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
	"github.com/prometheus/common/expfmt"
)

// registry returns a registry with the facts and nothing else: what the process
// uses is not a status of runs.
func registry(facts *Facts) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(Collector(func() *Facts { return facts }))
	return r
}

// WriteText writes the metrics in the text format of Prometheus.
func WriteText(w io.Writer, facts *Facts) error {
	families, err := registry(facts).Gather()
	if err != nil {
		return fmt.Errorf("collect metrics: %w", err)
	}
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(w, family); err != nil {
			return fmt.Errorf("write metrics: %w", err)
		}
	}
	return nil
}

// WriteFile writes the metrics for the textfile collector of the node exporter. It
// writes beside the file and renames, so that the collector never reads half of
// it. The collector runs as another user, so everybody may read the file: no
// customer is named in it.
func WriteFile(name string, facts *Facts) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(WriteText(f, facts), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return nil
}

// Push sends the metrics to a Pushgateway, by POST: metrics of others in the same
// group stay. Each scope has a group of its own, so that no run hides another's.
func Push(ctx context.Context, client *http.Client, url string, facts *Facts) error {
	for _, scope := range scopes(facts.Runs) {
		one := &Facts{Interval: facts.Interval}
		for _, r := range facts.Runs {
			if r.Scope == scope {
				one.Runs = append(one.Runs, r)
			}
		}
		err := push.New(url, "wixrecon").Grouping("instance", scope).Gatherer(registry(one)).Client(client).AddContext(ctx)
		if err != nil {
			return fmt.Errorf("push metrics: %w", err)
		}
	}
	return nil
}
