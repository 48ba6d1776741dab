"""The embedded web server: uvicorn, whose answers threads make. Started by `vmportal.embedded`.

What uvicorn leaves to proxies is decided here: who may keep the portal waiting, how long, and who makes room for whom.
"""
