"""A simulated vCenter (govmomi's) with a small laboratory, and a door for making it misbehave.

Started by the fixture `vcsim`; what it can be told is in go/vcsim/control.go.
"""

from __future__ import annotations

import http.client
import json
import ssl
import subprocess
import urllib.parse
from types import TracebackType
from typing import Any

from tests.peers.build import build


class VCenter:
    """A vCenter while the block runs: `host`, `port`, `username`, `password`, `tls`."""

    def __init__(self, *flags: str) -> None:
        """`flags` as `vcsim -h` lists them, such as `-vms 50`."""
        self.flags = flags

    def __enter__(self) -> VCenter:
        # The end of its input tells it that the tests are gone.
        self.process = subprocess.Popen(
            [build("vcsim"), "-stdin", *self.flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"vcsim ended with {self.process.wait()}")
        about = json.loads(line)
        self.host, _, port = urllib.parse.urlsplit(about["url"]).netloc.rpartition(":")
        self.port = int(port)
        self.username, self.password = about["username"], about["password"]
        self.tls = ssl.create_default_context(cadata=about["ca"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.communicate(timeout=20)

    def control(self, method: str, what: str, body: object = None) -> Any:
        """One request to the control door: `control("POST", "rules", {"method": "PowerOnVM_Task", …})`."""
        connection = http.client.HTTPSConnection(self.host, self.port, context=self.tls, timeout=30)
        try:
            connection.request(method, f"/control/{what}", None if body is None else json.dumps(body))
            answer = connection.getresponse()
            said = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"vcsim refuses {method} {what}: {said}")
        return said
