// containerd pulls an image with containerd's own client code: the hosts of a folder of hosts.toml files, every manifest
// and blob of every platform into a content store, which checks each digest. It prints the digest of what the reference named.
//
//	containerd -hosts-dir FOLDER -to FOLDER REF
package main

import (
	"context"
	"flag"
	"fmt"
	"log"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/remotes"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/core/remotes/docker/config"
	"github.com/containerd/containerd/v2/plugins/content/local"
)

func main() {
	log.SetFlags(0)
	hosts := flag.String("hosts-dir", "", "as containerd's config_path: HOST/hosts.toml")
	to := flag.String("to", "", "where the content goes")
	flag.Parse()
	digest, err := pull(context.Background(), *hosts, *to, flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(digest)
}

func pull(ctx context.Context, hosts, to, reference string) (string, error) {
	resolver := docker.NewResolver(docker.ResolverOptions{
		Hosts: config.ConfigureHosts(ctx, config.HostOptions{HostDir: config.HostDirFromRoot(hosts)}),
	})
	name, root, err := resolver.Resolve(ctx, reference)
	if err != nil {
		return "", err
	}
	fetcher, err := resolver.Fetcher(ctx, name)
	if err != nil {
		return "", err
	}
	store, err := local.NewStore(to)
	if err != nil {
		return "", err
	}
	handler := images.Handlers(remotes.FetchHandler(store, fetcher), images.ChildrenHandler(store))
	return root.Digest.String(), images.Dispatch(ctx, handler, nil, root)
}
