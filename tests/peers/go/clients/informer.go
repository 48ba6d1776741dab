package main

import (
	"bufio"
	"context"
	"os"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

var virtualMachines = schema.GroupVersionResource{
	Group: "vmoperator.vmware.com", Version: "v1alpha5", Resource: "virtualmachines",
}

// seen is what one informer was told, and what it holds.
type seen struct {
	informer                cache.SharedIndexInformer
	added, updated, deleted atomic.Int64
}

// keepInformed holds VMs (dynamic), ConfigMaps and Secrets (typed) until stdin ends. For each line there it
// tells, by resource, the versions of what it holds by name, and how many events there were.
func keepInformed(ctx context.Context, config *rest.Config, namespace string) error {
	core, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	anything, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	typed := informers.NewSharedInformerFactoryWithOptions(core, 0, informers.WithNamespace(namespace))
	untyped := dynamicinformer.NewFilteredDynamicSharedInformerFactory(anything, 0, namespace, nil)
	held := map[string]*seen{
		"virtualmachines": {informer: untyped.ForResource(virtualMachines).Informer()},
		"configmaps":      {informer: typed.Core().V1().ConfigMaps().Informer()},
		"secrets":         {informer: typed.Core().V1().Secrets().Informer()},
	}
	for _, one := range held {
		if _, err := one.informer.AddEventHandler(one.counting()); err != nil {
			return err
		}
	}
	typed.Start(ctx.Done())
	untyped.Start(ctx.Done())
	typed.WaitForCacheSync(ctx.Done())
	untyped.WaitForCacheSync(ctx.Done())
	tell("synced")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		told := map[string]any{}
		for resource, one := range held {
			told[resource] = one.told()
		}
		tell(told)
	}
	return nil
}

func (one *seen) counting() cache.ResourceEventHandlerFuncs {
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { one.added.Add(1) },
		UpdateFunc: func(any, any) { one.updated.Add(1) },
		DeleteFunc: func(any) { one.deleted.Add(1) },
	}
}

func (one *seen) told() map[string]any {
	versions := map[string]string{}
	for _, item := range one.informer.GetStore().List() {
		if object, err := meta.Accessor(item); err == nil {
			versions[object.GetName()] = object.GetResourceVersion()
		}
	}
	return map[string]any{
		"versions": versions,
		"added":    one.added.Load(), "updated": one.updated.Load(), "deleted": one.deleted.Load(),
	}
}
