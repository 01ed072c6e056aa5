// registry is an in-memory registry with the OCI 1.1 referrers API. go-containerregistry's own lists name a referrer's
// config media type as its artifactType, where the spec wants the manifest's artifactType if it has one
// (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers); -quirk leaves them so.
package main

import (
	"encoding/json"
	"flag"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:5000", "listen address")
	quirk := flag.Bool("quirk", false, "leave artifactType as go-containerregistry gives it")
	flag.Parse()
	handler := registry.New(registry.WithReferrersSupport(true), registry.Logger(log.New(io.Discard, "", 0)))
	if !*quirk {
		handler = withArtifactTypes(handler)
	}
	log.Fatal(http.ListenAndServe(*addr, handler))
}

func withArtifactTypes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		repository, _, isReferrers := strings.Cut(r.URL.Path, "/referrers/")
		if !isReferrers {
			next.ServeHTTP(w, r)
			return
		}
		listed := httptest.NewRecorder()
		next.ServeHTTP(listed, r)
		var index map[string]any
		if listed.Code != http.StatusOK || json.Unmarshal(listed.Body.Bytes(), &index) != nil {
			w.WriteHeader(listed.Code)
			w.Write(listed.Body.Bytes())
			return
		}
		manifests, _ := index["manifests"].([]any)
		for _, m := range manifests {
			descriptor := m.(map[string]any)
			got := httptest.NewRecorder()
			next.ServeHTTP(got, httptest.NewRequest(http.MethodGet, repository+"/manifests/"+descriptor["digest"].(string), nil))
			var manifest struct{ ArtifactType string }
			if json.Unmarshal(got.Body.Bytes(), &manifest) == nil && manifest.ArtifactType != "" {
				descriptor["artifactType"] = manifest.ArtifactType
			}
		}
		w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
		json.NewEncoder(w).Encode(index)
	})
}
