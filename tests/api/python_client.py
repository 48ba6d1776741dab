"""A program as users write it with the Python client: typed objects, and a watch that waits in silence first.

Run by test_kubectl.py with a kubeconfig.
"""

from __future__ import annotations

import threading
import time

from kubernetes import client, config, watch

QUIET_SECONDS = 6  # longer than the portal's sign of life


def main() -> None:
    config.load_kube_config()
    core = client.CoreV1Api()
    version = core.list_namespaced_config_map("team-a").metadata.resource_version
    threading.Thread(target=write, args=(core,)).start()
    print("created")
    events = watch.Watch().stream(
        core.list_namespaced_config_map, "team-a", resource_version=version, timeout_seconds=30
    )
    for event in events:
        print(event["type"], event["object"].metadata.name)
        if event["type"] == "DELETED":
            break


def write(core: client.CoreV1Api) -> None:
    time.sleep(QUIET_SECONDS)
    body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="python"), data={"a": "b"})
    core.create_namespaced_config_map("team-a", body)
    core.patch_namespaced_config_map("python", "team-a", {"data": {"a": "c"}})
    core.delete_namespaced_config_map("python", "team-a")


if __name__ == "__main__":
    main()
