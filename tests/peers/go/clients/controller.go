package main

import (
	"context"
	"io"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	controllers "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const described = "example.com/described" // label of the VMs that the controller cares for

// describer keeps, beside each VM that wants it, a ConfigMap of its name that says how the VM stands.
type describer struct{ client.Client }

// runController reconciles until stdin ends.
func runController(ctx context.Context, config *rest.Config, namespace string) error {
	controllers.SetLogger(klog.Background())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	runner, err := controllers.NewManager(config, manager.Options{
		Scheme:  scheme.Scheme,
		Cache:   cache.Options{DefaultNamespaces: map[string]cache.Config{namespace: {}}},
		Metrics: server.Options{BindAddress: "0"},
		Client:  client.Options{Cache: &client.CacheOptions{Unstructured: true}},
	})
	if err != nil {
		return err
	}
	err = controllers.NewControllerManagedBy(runner).
		For(newVM()).
		Owns(&corev1.ConfigMap{}).
		Named("describer").
		Complete(&describer{runner.GetClient()})
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return runner.Start(ctx)
}

func (d *describer) Reconcile(ctx context.Context, request controllers.Request) (controllers.Result, error) {
	vm := newVM()
	if err := d.Get(ctx, request.NamespacedName, vm); err != nil {
		return controllers.Result{}, client.IgnoreNotFound(err)
	}
	if vm.GetLabels()[described] == "" || vm.GetDeletionTimestamp() != nil {
		return controllers.Result{}, nil
	}
	state, _, err := unstructured.NestedString(vm.Object, "status", "powerState")
	if err != nil {
		return controllers.Result{}, err
	}
	text := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: vm.GetName(), Namespace: vm.GetNamespace()}}
	_, err = controllerutil.CreateOrUpdate(ctx, d.Client, text, func() error {
		text.Data = map[string]string{"state": state}
		return controllerutil.SetControllerReference(vm, text, d.Scheme())
	})
	return controllers.Result{}, err
}

func newVM() *unstructured.Unstructured {
	vm := &unstructured.Unstructured{}
	vm.SetGroupVersionKind(virtualMachines.GroupVersion().WithKind("VirtualMachine"))
	return vm
}
