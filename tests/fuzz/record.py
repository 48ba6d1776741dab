"""Records what kubectl, the Python client and curl ask the portal, for tests/fuzz/corpus: `python -m tests.fuzz.record`.

They speak to a relay, which writes each request down and hands it on with a token: kubectl sends none over plain http.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kubernetes import client
from kubernetes.dynamic import DynamicClient

from tests.peers.build import build
from tests.peers.portal import PortalProcess

CORPUS = Path(__file__).parent / "corpus"
TEAM = "team-a"
VM = f"""apiVersion: vmoperator.vmware.com/v1alpha5
kind: VirtualMachine
metadata: {{name: web, namespace: {TEAM}, labels: {{app: web}}}}
spec:
  className: small
  imageName: ubuntu-24.04
  storageClass: gold
  powerState: PoweredOn
  network:
    hostName: web
    interfaces: [{{name: eth0, mtu: 1500}}]
  volumes:
  - name: data
    persistentVolumeClaim: {{claimName: web-data}}
  bootstrap: {{cloudInit: {{cloudConfig: {{runCmd: [[ls, /]]}}}}}}
  advanced: {{bootDiskCapacity: 20Gi}}
"""
CLAIM = f"""apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: web-data, namespace: {TEAM}}}
spec: {{accessModes: [ReadWriteOnce], storageClassName: gold, resources: {{requests: {{storage: 1Gi}}}}}}
"""
KUBECTL = (
    (f"create configmap settings -n {TEAM} --from-literal=color=blue", ""),
    (f"create secret generic password -n {TEAM} --from-literal=key=value", ""),
    (f"create serviceaccount robot -n {TEAM}", ""),
    (f"create token robot -n {TEAM} --duration=1h", ""),
    (f"create quota few -n {TEAM} --hard=count/configmaps=100,requests.storage=1Ti", ""),
    (f"create rolebinding robots -n {TEAM} --clusterrole=view --serviceaccount={TEAM}:robot", ""),
    ("create namespace made", ""),
    ("apply -f -", CLAIM),
    ("apply -f -", VM),
    ("apply -f -", VM.replace("PoweredOn", "PoweredOff")),
    ("apply --server-side --force-conflicts -f -", VM),
    ("apply --server-side --dry-run=server -f -", VM),
    ("diff -f -", VM),
    ("replace -f -", VM),
    (f"get vm -n {TEAM} -o wide", ""),
    (f"get vm,cm,pvc -n {TEAM} -l app=web --field-selector=metadata.name=web", ""),
    ("get vm -A --chunk-size=2", ""),
    (f"get vm web -n {TEAM} -o yaml", ""),
    (f"describe vm web -n {TEAM}", ""),
    ("explain vm.spec.network", ""),
    (f"label vm web -n {TEAM} tier=front", ""),
    (f"annotate cm settings -n {TEAM} note=a", ""),
    (f"patch cm settings -n {TEAM} --type=strategic -p {{'data':{{'color':'red'}}}}".replace("'", '"'), ""),
    (
        f"patch vm web -n {TEAM} --type=merge -p {{'spec':{{'powerState':'PoweredOff'}}}}".replace("'", '"'),
        "",
    ),
    (
        f"patch vm web -n {TEAM} --type=json -p "
        + '[{"op":"test","path":"/metadata/name","value":"web"},{"op":"add","path":"/metadata/labels/b","value":"c"}]',
        "",
    ),
    (f"wait vm web -n {TEAM} --for=jsonpath={{.spec.className}}=small --timeout=2s", ""),
    (f"events -n {TEAM} --for vm/web", ""),
    (f"auth can-i create vm -n {TEAM}", ""),
    (f"auth can-i --list -n {TEAM}", ""),
    ("auth whoami", ""),
    ("api-resources", ""),
    (f"delete vm web -n {TEAM} --cascade=foreground --wait=false", ""),
    (f"delete cm -n {TEAM} -l app=none", ""),
    (f"delete sa robot -n {TEAM} --now", ""),
    ("delete namespace made --wait=false", ""),
)
VMS = f"/apis/vmoperator.vmware.com/v1alpha5/namespaces/{TEAM}/virtualmachines"
CURLED = VM.replace("web", "curl")
CURL = (
    ("-H", "Idempotency-Key: a-key-of-mine", "-H", "Content-Type: application/yaml", "--data-binary", CURLED,
     f"{VMS}?wait=condition=VirtualMachineCreated&timeout=1s"),
    (f"{VMS}/web-1?wait=jsonpath=.status.powerState=PoweredOn&timeout=1s",),
    ("-H", "Accept: text/csv", f"{VMS}?wide=true&limit=2"),
    ("-H", "If-None-Match: *", f"{VMS}?format=csv"),
    ("-H", 'If-Match: "x"', "-X", "PATCH", "-H", "Content-Type: application/merge-patch+json", "-d",
     '{"metadata":{"labels":{"app":"web"}}}', f"{VMS}/web-1"),
    ("-X", "PATCH", "-H", "Content-Type: application/apply-patch+yaml", "--data-binary", VM,
     f"{VMS}/web?fieldManager=curl"),
    ("-H", "Impersonate-User: alice", "-H", "Impersonate-Group: devs",
     f"{VMS}?watch=1&timeoutSeconds=1&allowWatchBookmarks=true"),
    ("--compressed", "-H", "Accept: application/yaml", f"{VMS}"),
    ("-X", "DELETE", f"{VMS}/curl?wait=delete&timeout=1s&propagationPolicy=Background"),
)  # fmt: skip
LEFT_OUT = ("host", "content-length", "authorization", "connection", "kubectl-session")


class Relay:
    """Hands requests on to the portal, and keeps them."""

    def __init__(self, portal: PortalProcess, token: str) -> None:
        self.kept: list[dict[str, Any]] = []
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                relay.keep(self.command, self.path, self.headers.items(), body)
                onward = http.client.HTTPConnection("127.0.0.1", portal.port)
                headers = {**dict(self.headers.items()), "Authorization": f"Bearer {token}"}
                onward.request(self.command, self.path, body, headers)
                answer = onward.getresponse()
                content = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in (
                        "transfer-encoding",
                        "content-length",
                        "connection",
                        "date",
                        "server",
                    ):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None: ...

        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            setattr(Handler, f"do_{method}", Handler.do)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def keep(self, method: str, target: str, headers: Any, body: bytes) -> None:
        parts = urlsplit(target)
        one = {
            "caller": "admin" if "Impersonate-User" in dict(headers) else "editor",
            "method": method,
            "path": parts.path.replace(f"/{TEAM}/", "/<ns>/"),
            "query": parse_qsl(parts.query, keep_blank_values=True),
            "headers": [pair for pair in headers if pair[0].lower() not in LEFT_OUT],
            "body": body.decode("latin-1").replace(TEAM, "<ns>"),
        }
        if one not in self.kept:
            self.kept.append(one)

    def take(self) -> list[dict[str, Any]]:
        kept, self.kept = self.kept, []
        return kept


def with_kubectl(relay: Relay, folder: Path) -> None:
    for words, given in KUBECTL:
        arguments = words.split(" ")
        command = [str(build("kubectl")), "--server", relay.url, *arguments]
        done = subprocess.run(
            command, input=given, text=True, capture_output=True, env={**os.environ, "HOME": str(folder)}
        )
        if done.returncode > 1:  # of a diff, and of `can-i`, 1 is an answer
            print(words, done.stderr, file=sys.stderr)


def with_python(relay: Relay, folder: Path) -> None:
    api = client.ApiClient(client.Configuration(host=relay.url))
    core, custom = client.CoreV1Api(api), client.CustomObjectsApi(api)
    named = client.V1ObjectMeta(name="python", labels={"app": "web"})
    core.create_namespaced_config_map(TEAM, client.V1ConfigMap(metadata=named, data={"k": "v"}))
    core.patch_namespaced_config_map("python", TEAM, {"data": {"k": "w"}})
    core.replace_namespaced_config_map(
        "python", TEAM, client.V1ConfigMap(metadata=named, data={"k": "x"}), dry_run="All"
    )
    core.list_namespaced_config_map(TEAM, label_selector="app in (web)", limit=1)
    core.delete_namespaced_config_map("python", TEAM, propagation_policy="Background")
    where = ("vmoperator.vmware.com", "v1alpha5", TEAM, "virtualmachines")
    custom.list_namespaced_custom_object(*where, field_selector="metadata.name=web-1")
    custom.patch_namespaced_custom_object(*where, "web-1", {"spec": {"powerState": "PoweredOff"}})
    dynamic: Any = DynamicClient(api)  # type: ignore[no-untyped-call]
    vms = dynamic.resources.get(api_version="vmoperator.vmware.com/v1alpha5", kind="VirtualMachine")
    vms.get(namespace=TEAM, name="web-1")


def with_curl(relay: Relay, folder: Path) -> None:
    for *options, path in CURL:
        subprocess.run(
            [shutil.which("curl") or "curl", "-s", *options, relay.url + path], capture_output=True
        )


RECORDED: dict[str, Callable[[Relay, Path], None]] = {
    "kubectl": with_kubectl,
    "python": with_python,
    "curl": with_curl,
}


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    with PortalProcess(folder) as portal:
        relay = Relay(portal, portal.manage("token", "admin").split()[-1])
        for name, record in RECORDED.items():
            record(relay, folder)
            kept = relay.take()
            (CORPUS / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n")
            print(f"{name}: {len(kept)} requests")


if __name__ == "__main__":
    main()
