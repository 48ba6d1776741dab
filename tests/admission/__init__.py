"""Tests of admission: the frame, Kubernetes' metadata rules, and objects of every odd kind."""
