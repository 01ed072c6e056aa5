// verifier is what a client in Go does, with the library that cosign and LocalAI use: the judge of Muster's own verdicts,
// and the yardstick of its speed.
//
//	verifier bundles -trusted-root FILE       JSON lines of cases on standard input; a JSON line of verdict for each
//	verifier images -trusted-root FILE [-issuer URL] [-identity-regex RE] [-repeat N] REF...
//
// https://github.com/sigstore/sigstore-go/blob/v1.2.1/docs/verification.md
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
)

// policy is a gallery's `verification:`, as LocalAI has it.
type policy struct {
	Issuer        string    `json:"issuer,omitempty"`
	IssuerRegex   string    `json:"issuer_regex,omitempty"`
	Identity      string    `json:"identity,omitempty"`
	IdentityRegex string    `json:"identity_regex,omitempty"`
	NotBefore     time.Time `json:"not_before,omitzero"`
}

// verdict says whether a bundle holds; where not, whether it is one at all.
type verdict struct {
	Verified bool   `json:"verified"`
	Parsed   bool   `json:"parsed"`
	Error    string `json:"error,omitempty"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: verifier bundles|images -trusted-root FILE ...")
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	file := flags.String("trusted-root", "", "the trusted root")
	issuer := flags.String("issuer", "", "the issuer, exactly")
	identity := flags.String("identity-regex", ".", "what the identity must match")
	repeat := flags.Int("repeat", 1, "how many times each image is verified")
	flags.Parse(os.Args[2:])
	trusted, err := root.NewTrustedRootFromPath(*file)
	if err != nil {
		log.Fatal(err)
	}
	// As LocalAI configures it.
	verifier, err := verify.NewVerifier(trusted, verify.WithSignedCertificateTimestamps(1),
		verify.WithTransparencyLog(1), verify.WithObserverTimestamps(1))
	if err != nil {
		log.Fatal(err)
	}
	switch os.Args[1] {
	case "bundles":
		err = judgeBundles(verifier)
	case "images":
		err = timeImages(verifier, policy{Issuer: *issuer, IdentityRegex: *identity}, flags.Args(), *repeat)
	default:
		err = fmt.Errorf("no such command: %s", os.Args[1])
	}
	if err != nil {
		log.Fatal(err)
	}
}

func judgeBundles(verifier *verify.Verifier) error {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var one struct {
			// Text, so that what is no JSON, or has a key twice, can be judged too.
			Bundle string `json:"bundle"`
			Digest string `json:"artifact_digest"`
			Policy policy `json:"policy"`
		}
		if err := json.Unmarshal(in.Bytes(), &one); err != nil {
			return err
		}
		if err := out.Encode(judge(verifier, []byte(one.Bundle), one.Digest, one.Policy)); err != nil {
			return err
		}
	}
	return in.Err()
}

// judge recovers, for a panic is a verdict too: the library's, on what it was not made for.
func judge(verifier *verify.Verifier, document []byte, digest string, p policy) (v verdict) {
	defer func() {
		if problem := recover(); problem != nil {
			v.Error = fmt.Sprintf("panic: %v", problem)
		}
	}()
	var b bundle.Bundle
	if err := b.UnmarshalJSON(document); err != nil {
		return verdict{Error: err.Error()}
	}
	v.Parsed = true
	if err := check(verifier, &b, digest, p); err != nil {
		v.Error = err.Error()
		return v
	}
	v.Verified = true
	return v
}

func check(verifier *verify.Verifier, b *bundle.Bundle, digest string, p policy) error {
	sum, err := hex.DecodeString(strings.TrimPrefix(digest, "sha256:"))
	if err != nil {
		return err
	}
	identity, err := verify.NewShortCertificateIdentity(p.Issuer, p.IssuerRegex, p.Identity, p.IdentityRegex)
	if err != nil {
		return err
	}
	artifact := verify.WithArtifactDigest("sha256", sum)
	result, err := verifier.Verify(b, verify.NewPolicy(artifact, verify.WithCertificateIdentity(identity)))
	if err != nil {
		return err
	}
	for _, seen := range result.VerifiedTimestamps {
		if seen.Timestamp.Before(p.NotBefore) {
			return errors.New("signed before the cut-off")
		}
	}
	return nil
}

// timeImages prints a JSON line for each image: the milliseconds that each repeat took, registry calls included.
func timeImages(verifier *verify.Verifier, p policy, references []string, repeat int) error {
	out := json.NewEncoder(os.Stdout)
	for _, text := range references {
		milliseconds := make([]float64, 0, repeat)
		for range repeat {
			begun := time.Now()
			if err := checkImage(verifier, p, text); err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
			milliseconds = append(milliseconds, float64(time.Since(begun).Microseconds())/1000)
		}
		if err := out.Encode(map[string]any{"ref": text, "ms": milliseconds}); err != nil {
			return err
		}
	}
	return nil
}

// checkImage does what LocalAI does before it unpacks an image: the digest, its referrers, the first bundle that parses.
// https://github.com/mudler/LocalAI/blob/master/pkg/oci/cosignverify/verify.go
func checkImage(verifier *verify.Verifier, p policy, text string) error {
	reference, err := name.ParseReference(text)
	if err != nil {
		return err
	}
	digest := reference.Identifier()
	if _, pinned := reference.(name.Digest); !pinned {
		head, err := remote.Head(reference)
		if err != nil {
			return err
		}
		digest = head.Digest.String()
	}
	b, err := firstBundle(reference.Context().Digest(digest))
	if err != nil {
		return err
	}
	return check(verifier, b, digest, p)
}

func firstBundle(subject name.Digest) (*bundle.Bundle, error) {
	index, err := remote.Referrers(subject)
	if err != nil {
		return nil, err
	}
	list, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	for _, referrer := range list.Manifests {
		if !strings.HasPrefix(referrer.ArtifactType, "application/vnd.dev.sigstore.bundle.") {
			continue
		}
		if b, err := pullBundle(subject.Context().Digest(referrer.Digest.String())); err == nil {
			return b, nil
		}
	}
	return nil, errors.New("no Sigstore bundle referrer")
}

func pullBundle(referrer name.Digest) (*bundle.Bundle, error) {
	image, err := remote.Image(referrer)
	if err != nil {
		return nil, err
	}
	layers, err := image.Layers()
	if err != nil || len(layers) == 0 {
		return nil, errors.Join(err, errors.New("no layers"))
	}
	blob, err := layers[0].Compressed()
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	var b bundle.Bundle
	document := json.NewDecoder(blob)
	var raw json.RawMessage
	if err := document.Decode(&raw); err != nil {
		return nil, err
	}
	return &b, b.UnmarshalJSON(raw)
}
