// Clients of a Kubernetes API as Go programs use it: client-go's informers and writers, controller-runtime.
//
// Built by tests/peers/build.py, run by tests/clients/test_go.py. KUBECONFIG names the server; the first word
// is what to do, the second the namespace. Results are lines of JSON on stdout.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

var programs = map[string]func(context.Context, *rest.Config, string) error{
	"informer":   keepInformed,
	"write":      writeObjects,
	"steps":      walkSteps,
	"controller": runController,
}

func main() {
	if len(os.Args) != 3 || programs[os.Args[1]] == nil {
		fail(fmt.Errorf("usage: clients informer|write|steps|controller NAMESPACE"))
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		fail(err)
	}
	config.QPS, config.Burst = 500, 1000 // client-go's own brake would hide the server's
	if err := programs[os.Args[1]](context.Background(), config, os.Args[2]); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func tell(what any) {
	line, err := json.Marshal(what)
	if err != nil {
		fail(err)
	}
	fmt.Println(string(line))
}
