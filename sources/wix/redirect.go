package wix

import (
	"net/http"
	"net/url"
)

// The key stays on its host: a redirect to another host or to http is not
// followed, and a query is never redirected at all. What is not followed is an
// answer like any other, and then an error by its status.

const maxRedirects = 5

// checkRedirect follows a redirect of a read within the host and the scheme;
// any other answer of that kind is left as it is, and is then an error.
func checkRedirect(next *http.Request, via []*http.Request) error {
	first := via[0]
	inside := next.URL.Host == first.URL.Host && next.URL.Scheme == first.URL.Scheme && next.URL.User == nil
	if first.Method != http.MethodGet || !inside || len(via) >= maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

// plainRedirects drops a Location that is no URL: package http would put it
// into its error, with all that is in it.
type plainRedirects struct{ http.RoundTripper }

// RoundTrip sends one request.
func (p plainRedirects) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := p.RoundTripper.RoundTrip(r)
	if err == nil {
		if _, fault := url.Parse(response.Header.Get("Location")); fault != nil {
			response.Header.Del("Location")
		}
	}
	return response, err
}

// CloseIdleConnections lets go of idle connections, where there are some.
func (p plainRedirects) CloseIdleConnections() {
	if closer, ok := p.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}
