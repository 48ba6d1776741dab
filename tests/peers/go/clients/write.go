package main

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	objects = 200
	writers = 4
)

// writeObjects makes 200 ConfigMaps as protobuf, changes each, and deletes every other one, several at a time.
func writeObjects(ctx context.Context, config *rest.Config, namespace string) error {
	config = rest.CopyConfig(config)
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	core, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	numbers := make(chan int)
	problems := make(chan error, writers)
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for number := range numbers {
				if err := writeOne(ctx, core, namespace, number); err != nil {
					problems <- err
					return
				}
			}
		})
	}
	for number := range objects {
		select {
		case numbers <- number:
		case err := <-problems:
			return err
		}
	}
	close(numbers)
	group.Wait()
	close(problems)
	return <-problems // nil: closed and empty
}

func writeOne(ctx context.Context, core kubernetes.Interface, namespace string, number int) error {
	maps := core.CoreV1().ConfigMaps(namespace)
	wish := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("written-%03d", number), Labels: map[string]string{"by": "go"}},
		Data:       map[string]string{"state": "new"},
	}
	made, err := maps.Create(ctx, wish, metav1.CreateOptions{FieldManager: "writer"})
	if err != nil {
		return err
	}
	made.Data["state"] = "updated"
	if made, err = maps.Update(ctx, made, metav1.UpdateOptions{FieldManager: "writer"}); err != nil {
		return err
	}
	patch := []byte(`{"data": {"patched": "yes"}}`)
	if _, err = maps.Patch(ctx, made.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return err
	}
	if number%2 == 1 {
		return maps.Delete(ctx, made.Name, metav1.DeleteOptions{
			Preconditions: &metav1.Preconditions{UID: &made.UID},
		})
	}
	return nil
}
