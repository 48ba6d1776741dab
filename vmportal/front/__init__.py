"""The embedded web server's front: reads whole requests before a thread takes them, and sends what clients read slowly.

Started by `vmportal.embedded`. cheroot parses requests, runs the application and keeps the threads; which bytes
belong to a request, and who waits for whom, is decided here.
"""
