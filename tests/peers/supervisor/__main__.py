"""A Supervisor to look at: `python -m tests.peers.supervisor [--speed 1] [--crds FOLDER]`, until Ctrl-C.

Builds and starts the real kube-apiserver, gives it the portal's kinds (or those of a folder) and the actor, and prints
the path of a kubeconfig.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from pathlib import Path

from tests.peers.build import NoGo, build
from tests.peers.supervisor.process import Supervisor, operator_crds, portal_crds
from tests.peers.supervisor.webhook import Webhook

NAMESPACE = "team-a"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.peers.supervisor", description=__doc__)
    parser.add_argument("--speed", type=float, default=1, help="divides all delays; 0 leaves none")
    parser.add_argument(
        "--crds", type=Path, help="a folder of CRDs, instead of those that `manage.py crds` prints"
    )
    parser.add_argument("--no-webhook", action="store_true", help="register no admission webhooks")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for name in ("etcd", "kube-apiserver", "kubectl"):
            build(name)
    except NoGo as missing:
        sys.exit(str(missing))
    crds = operator_crds(sorted(options.crds.rglob("*.yaml"))) if options.crds else portal_crds()
    with contextlib.ExitStack() as running, contextlib.suppress(KeyboardInterrupt):
        supervisor = running.enter_context(Supervisor(crds, options.speed))
        supervisor.namespace(NAMESPACE)
        if not options.no_webhook:
            running.enter_context(Webhook(supervisor))
        print(f"KUBECONFIG={supervisor.plane.kubeconfig(namespace=NAMESPACE)}")
        print(f"kubectl: {build('kubectl')}")
        print(f"server: {supervisor.plane.url}; namespace {NAMESPACE} has classes, images, zones and storage")
        print(f"the actor's log: {supervisor.log}", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
