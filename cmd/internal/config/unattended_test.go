package config

import (
	"strings"
	"testing"
)

// The URLs of receivers are often passwords, so that neither an error nor the list
// of settings shows them.
func TestReceiversAreNotShown(t *testing.T) {
	for name, text := range map[string]string{"ping": "http://example.com/t0ps3cret", "notify": "http://example.com/t0ps3cret", "metrics-push": "t0ps3cret"} {
		_, err := Load(requiredFlags(map[string]string{name: text}), withKey(), files(nil))
		if err == nil || strings.Contains(err.Error(), "t0ps3cret") || !strings.Contains(err.Error(), "--"+name+": ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := mustLoad(t, requiredFlags(map[string]string{"ping": "https://example.com/t0ps3cret", "notify": "ntfy://:t0ps3cret@example.com/t0ps3cret"}), withKey(), nil)
	for _, s := range c.Effective {
		if strings.Contains(s.Value, "t0ps3cret") {
			t.Errorf("%s is shown: %s", s.Name, s.Value)
		}
	}
}

func TestNotifySecret(t *testing.T) {
	c := mustLoad(t, requiredFlags(nil), withKey("WIXRECON_NOTIFY_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), nil)
	if len(c.Unattended.NotifySecret) != 24 {
		t.Errorf("%d bytes", len(c.Unattended.NotifySecret))
	}
	if _, err := Load(requiredFlags(nil), withKey("WIXRECON_NOTIFY_SECRET=t0ps3cret"), files(nil)); err == nil || strings.Contains(err.Error(), "t0ps3cret") {
		t.Errorf("got %v", err)
	}
}
