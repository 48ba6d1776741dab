"""Offers: what admins put into the catalogues of namespaces, once, and what stands there because of it.

The kind `Offer` is declared here, made true by `tasks`; which kinds can be offered is said by each `Kind.offering`.
"""
