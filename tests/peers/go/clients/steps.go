package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/scale"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/pager"
	watchtools "k8s.io/client-go/tools/watch"
	"k8s.io/client-go/util/retry"
)

// clients are the ways into one namespace.
type clients struct {
	config    *rest.Config
	namespace string
	core      kubernetes.Interface
	anything  dynamic.Interface
}

// walkSteps does, one after the other, what client-go has machinery for, and tells what came of each.
func walkSteps(ctx context.Context, config *rest.Config, namespace string) error {
	core, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	anything, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	in := clients{config, namespace, core, anything}
	steps := []struct {
		name string
		walk func(context.Context) (any, error)
	}{
		{"typed apply", in.applyTyped},
		{"typed conflict", in.conflictTyped},
		{"dynamic apply", in.applyDynamic},
		{"retry on conflict", in.countTogether},
		{"pager", in.readPages},
		{"metadata only", in.readMetadata},
		{"mapper", in.mapNames},
		{"scale", in.scaleReplicaSet},
		{"until", in.watchUntil},
	}
	told := map[string]any{}
	for _, step := range steps {
		if told[step.name], err = step.walk(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	tell(told)
	return nil
}

func (in clients) applyTyped(ctx context.Context) (any, error) {
	wish := applycore.ConfigMap("go-applied", in.namespace).WithData(map[string]string{"a": "1", "b": "2"})
	options := metav1.ApplyOptions{FieldManager: "one"}
	if _, err := in.core.CoreV1().ConfigMaps(in.namespace).Apply(ctx, wish, options); err != nil {
		return nil, err
	}
	found, err := in.core.CoreV1().ConfigMaps(in.namespace).Get(ctx, "go-applied", metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	mine, err := applycore.ExtractConfigMap(found, "one") // reads managedFields
	if err != nil {
		return nil, err
	}
	delete(mine.Data, "b") // what is no longer applied goes
	left, err := in.core.CoreV1().ConfigMaps(in.namespace).Apply(ctx, mine, options)
	if err != nil {
		return nil, err
	}
	return left.Data, nil
}

func (in clients) conflictTyped(ctx context.Context) (any, error) {
	wish := applycore.ConfigMap("go-applied", in.namespace).WithData(map[string]string{"a": "other"})
	maps := in.core.CoreV1().ConfigMaps(in.namespace)
	_, err := maps.Apply(ctx, wish, metav1.ApplyOptions{FieldManager: "two"})
	if !apierrors.IsConflict(err) {
		return nil, fmt.Errorf("expected a conflict, got %v", err)
	}
	var fields []string
	for _, cause := range err.(apierrors.APIStatus).Status().Details.Causes {
		fields = append(fields, string(cause.Type)+" "+cause.Field)
	}
	forced, err := maps.Apply(ctx, wish, metav1.ApplyOptions{FieldManager: "two", Force: true})
	if err != nil {
		return nil, err
	}
	return append(fields, forced.Data["a"]), nil
}

func (in clients) applyDynamic(ctx context.Context) (any, error) {
	vm := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": virtualMachines.GroupVersion().String(), "kind": "VirtualMachine",
		"metadata": map[string]any{"name": "go-applied"},
		"spec": map[string]any{
			"className": "small", "imageName": "ubuntu-24.04", "storageClass": "gold", "powerState": "PoweredOff",
		},
	}}
	vms := in.anything.Resource(virtualMachines).Namespace(in.namespace)
	made, err := vms.Apply(ctx, vm.GetName(), vm, metav1.ApplyOptions{FieldManager: "one"})
	if err != nil {
		return nil, err
	}
	again, err := vms.Apply(ctx, vm.GetName(), vm, metav1.ApplyOptions{FieldManager: "one"})
	if err != nil {
		return nil, err
	}
	return []int64{made.GetGeneration(), again.GetGeneration()}, nil
}

// countTogether has several goroutines count one up, each on the object that it read before.
func (in clients) countTogether(ctx context.Context) (any, error) {
	maps := in.core.CoreV1().ConfigMaps(in.namespace)
	start := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "go-counter"}, Data: map[string]string{"n": "0"}}
	if _, err := maps.Create(ctx, start, metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	patient := retry.DefaultBackoff
	patient.Steps = 20
	problems := make([]error, 5)
	var group sync.WaitGroup
	for number := range problems {
		group.Go(func() {
			problems[number] = retry.RetryOnConflict(patient, func() error {
				found, err := maps.Get(ctx, "go-counter", metav1.GetOptions{})
				if err != nil {
					return err
				}
				count, _ := strconv.Atoi(found.Data["n"])
				found.Data["n"] = strconv.Itoa(count + 1)
				_, err = maps.Update(ctx, found, metav1.UpdateOptions{})
				return err
			})
		})
	}
	group.Wait()
	for _, err := range problems {
		if err != nil {
			return nil, err
		}
	}
	end, err := maps.Get(ctx, "go-counter", metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return end.Data["n"], nil
}

// readPages counts what `write` has left, seven at a time.
func (in clients) readPages(ctx context.Context) (any, error) {
	pages, count := 0, 0
	reader := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		pages++
		return in.core.CoreV1().ConfigMaps(in.namespace).List(ctx, options)
	})
	reader.PageSize = 7
	err := reader.EachListItem(ctx, metav1.ListOptions{LabelSelector: "by=go"}, func(runtime.Object) error {
		count++
		return nil
	})
	return []int{count, pages}, err
}

func (in clients) readMetadata(ctx context.Context) (any, error) {
	reader, err := metadata.NewForConfig(in.config)
	if err != nil {
		return nil, err
	}
	found, err := reader.Resource(virtualMachines).Namespace(in.namespace).Get(ctx, "go-applied", metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return found.Name, nil
}

func (in clients) mapNames(context.Context) (any, error) {
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(in.core.Discovery()))
	short := restmapper.NewShortcutExpander(mapper, memory.NewMemCacheClient(in.core.Discovery()), nil)
	kind, err := short.KindFor(schema.GroupVersionResource{Resource: "vm"})
	return kind.String(), err
}

func (in clients) scaleReplicaSet(ctx context.Context) (any, error) {
	sets := virtualMachines.GroupVersion().WithResource("virtualmachinereplicasets")
	template := map[string]any{
		"metadata": map[string]any{"labels": map[string]any{"of": "go-set"}},
		"spec":     map[string]any{"className": "small", "imageName": "ubuntu-24.04", "storageClass": "gold"},
	}
	set := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": sets.GroupVersion().String(), "kind": "VirtualMachineReplicaSet",
		"metadata": map[string]any{"name": "go-set"},
		"spec": map[string]any{
			"replicas": int64(1), "template": template,
			"selector": map[string]any{"matchLabels": map[string]any{"of": "go-set"}},
		},
	}}
	all := in.anything.Resource(sets).Namespace(in.namespace)
	if _, err := all.Create(ctx, set, metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(in.core.Discovery()))
	kinds := scale.NewDiscoveryScaleKindResolver(in.core.Discovery())
	scales, err := scale.NewForConfig(in.config, mapper, dynamic.LegacyAPIPathResolverFunc, kinds)
	if err != nil {
		return nil, err
	}
	found, err := scales.Scales(in.namespace).Get(ctx, sets.GroupResource(), "go-set", metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	found.Spec.Replicas = 2
	after, err := scales.Scales(in.namespace).Update(ctx, sets.GroupResource(), found, metav1.UpdateOptions{})
	if err != nil {
		return nil, err
	}
	return after.Spec.Replicas, all.Delete(ctx, "go-set", metav1.DeleteOptions{})
}

// watchUntil waits for the VM that was applied to be off in vSphere, deletes it, and waits until it is gone.
func (in clients) watchUntil(ctx context.Context) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	vms := in.anything.Resource(virtualMachines).Namespace(in.namespace)
	only := func(options *metav1.ListOptions) { options.FieldSelector = "metadata.name=go-applied" }
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			only(&options)
			return vms.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			only(&options)
			return vms.Watch(ctx, options)
		},
	}
	isOff := func(event watch.Event) (bool, error) {
		vm, isVM := event.Object.(*unstructured.Unstructured)
		if !isVM {
			return false, nil
		}
		state, _, err := unstructured.NestedString(vm.Object, "status", "powerState")
		return state == "PoweredOff", err
	}
	if _, err := watchtools.UntilWithSync(ctx, source, &unstructured.Unstructured{}, nil, isOff); err != nil {
		return nil, err
	}
	if err := vms.Delete(ctx, "go-applied", metav1.DeleteOptions{}); err != nil {
		return nil, err
	}
	isGone := func(store cache.Store) (bool, error) { return len(store.List()) == 0, nil }
	onDelete := func(event watch.Event) (bool, error) { return event.Type == watch.Deleted, nil }
	_, err := watchtools.UntilWithSync(ctx, source, &unstructured.Unstructured{}, isGone, onDelete)
	return "gone", err
}
