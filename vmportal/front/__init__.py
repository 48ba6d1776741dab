"""The embedded web server's front: reads whole requests before a thread takes them, and sends what clients read slowly.

Started by `vmportal.embedded`. cheroot parses requests, runs the application and keeps the threads; which bytes
belong to a request, and who waits for whom, is decided here.
"""

from __future__ import annotations

from vmportal.front.connections import Bounds
from vmportal.front.server import FrontServer

__all__ = ["Bounds", "FrontServer"]
