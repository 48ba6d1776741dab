"""The kind Offer: shape, row and rules together. Read by `vmportal.kinds`."""

from __future__ import annotations

from vmportal import models
from vmportal.admission import Admission
from vmportal.kind import Kind
from vmportal.offers import rules, schema, tasks, templates
from vmportal.offers.marks import FINALIZER

OFFER = Kind(
    schema.OFFER,
    models.Offer,
    reader="portal",  # it tells of namespaces that not everybody may know
    writer="portal",
    admission=Admission(
        references=templates.references,
        defaults=rules.DEFAULTS,
        rules=(
            *rules.RULES,
            templates.the_kind_can_be_offered,
            templates.the_template_is_as_its_kind_demands,
        ),
    ),
    row_columns=lambda obj: {
        "offered_kind": obj["spec"]["template"]["kind"],
        "offered_name": obj["spec"]["template"]["metadata"]["name"],
    },
    reconcile=tasks.reconcile_offer,
    finalizer=FINALIZER,
)
KINDS = (OFFER,)
