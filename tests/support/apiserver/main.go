// A Kubernetes API server with its own etcd in one process, for tests: it takes objects and judges them, and runs nothing.
// Usage: apiserver <folder of etcd> <port of etcd> <its peer port> <flags of kube-apiserver>...
package main

import (
	"log"
	"net/url"
	"os"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func loopback(port string) []url.URL {
	return []url.URL{{Scheme: "http", Host: "127.0.0.1:" + port}}
}

func main() {
	folder, port, peers, flags := os.Args[1], os.Args[2], os.Args[3], os.Args[4:]
	config := embed.NewConfig()
	config.Dir = folder
	config.LogLevel = "error"
	// Nothing it keeps is of any worth.
	config.UnsafeNoFsync = true
	config.ListenClientUrls, config.AdvertiseClientUrls = loopback(port), loopback(port)
	config.ListenPeerUrls, config.AdvertisePeerUrls = loopback(peers), loopback(peers)
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		log.Fatal(err)
	}
	<-etcd.Server.ReadyNotify()
	command := app.NewAPIServerCommand()
	command.SetArgs(append(flags, "--etcd-servers=http://127.0.0.1:"+port))
	os.Exit(cli.Run(command))
}
