"""The other side of the Supervisor backend: an actor that plays VM Operator's visible part on a real API server.

Started by the fixture `supervisor` and by `python -m tests.peers.supervisor`. It talks to the API server only, and
shares no code with the portal, so that neither can hide the other's mistakes.
"""
