"""Is the portal alive, is it ready, and its figures. Asked by supervisors and Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from vmportal import space
from vmportal.models import Counter, Work


def livez(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when requests can be served: the database answers and has its tables, and there is space to write."""
    problem = _problem()
    return HttpResponse(problem or "ok", status=503 if problem else 200, content_type="text/plain")


def _problem() -> str:
    try:
        if not Counter.read():
            return "not ready"
    except (DatabaseError, ImproperlyConfigured):
        return "not ready: the database does not answer"
    return "not ready: the disk is full; what only reads still works" if space.is_short() else ""


def metrics(request: HttpRequest) -> HttpResponse:
    """The figures for Prometheus: for this machine itself, or with the token of `PORTAL_METRICS_TOKEN`."""
    if not _may_read_metrics(request):
        return HttpResponse(
            "set PORTAL_METRICS_TOKEN and send it as a bearer token", status=403, content_type="text/plain"
        )
    registry = CollectorRegistry()
    registry.register(PortalCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return constant_time_compare(sent, settings.METRICS_TOKEN)
    is_direct = "X-Forwarded-For" not in request.headers
    return is_direct and request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")


class PortalCollector(Collector):
    """Counts at the time of asking; each is one statement over an index."""

    def collect(self) -> Iterator[Metric]:
        machines = GaugeMetricFamily("portal_virtual_machines", "Virtual machines by state", labels=["state"])
        rows = (
            apps.get_model("vms", "VirtualMachine").objects.values_list("state").annotate(number=Count("*"))
        )
        for state, count in rows:
            machines.add_metric([state], count)
        yield machines
        now = timezone.now()
        due = Work.objects.filter(due_at__lte=now).aggregate(count=Count("uid"), oldest=Min("due_at"))
        yield GaugeMetricFamily("portal_work_due", "Objects whose work is due", value=due["count"])
        age = (now - due["oldest"]).total_seconds() if due["oldest"] else 0
        yield GaugeMetricFamily(
            "portal_work_oldest_seconds", "How long the longest-waiting work waits", value=age
        )
        yield GaugeMetricFamily(
            "portal_resource_version", "The newest resource version", value=Counter.read()["version"]
        )
