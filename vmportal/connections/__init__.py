"""Connections: the places beside the embedded simulator where VMs of namespaces are made true.

The kind `Connection` is declared here and looked at by `tasks`; `clients` hands out a client for one.
"""
