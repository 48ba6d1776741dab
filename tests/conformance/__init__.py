"""Holds the portal's admission to what VM Operator's own webhooks answered: `python -m tests.conformance`.

`data/` has the requests, the answers and the world they were given in; its README says how they are compared.
"""
