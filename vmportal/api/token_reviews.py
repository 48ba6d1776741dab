"""Who am I, whose token is it, and give me a token: `kubectl auth whoami`, TokenReview, `kubectl create token`."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings

from vmportal import access, service
from vmportal.access import Caller
from vmportal.api import oidc, tokens
from vmportal.api.auth import BearerAuthentication, new_token, note, user_of_service_account
from vmportal.api.callers import identified
from vmportal.api.options import is_dry_run
from vmportal.api.review import Review
from vmportal.errors import BadRequest, FieldError, Forbidden, Invalid, Unauthorized
from vmportal.kinds import kind_for
from vmportal.moments import rfc3339
from vmportal.oidc import Refused

AUDIENCE = (
    "https://kubernetes.default.svc"  # whom tokens that open the portal are for, as by default in Kubernetes
)
SHORTEST, USUAL = 600, 3600  # seconds of a service account's token
LONGEST = dt.timedelta(days=365)  # of one, where tokens may live longer


class SelfSubjectReview(Review):
    kind = "SelfSubjectReview"

    def answer(self, spec: dict[str, Any], **where: str) -> dict[str, Any]:
        return {"userInfo": _user_info(self.caller)}


class TokenReview(Review):
    """Whose token it is, and whether it opens the portal: for portal admins, as who asks learns who has it."""

    kind = "TokenReview"

    def answer(self, spec: dict[str, Any], **where: str) -> dict[str, Any]:
        self.demand(self.caller.is_admin)
        token = spec.get("token")
        if not token:
            raise BadRequest("token is required for TokenReview in authentication")
        if AUDIENCE not in (spec.get("audiences") or [AUDIENCE]):
            return {"user": {}, "error": f"it is for nobody else than {AUDIENCE}, if it is good at all"}
        try:
            caller = self._owner(token)
        except (Refused, Unauthorized) as error:
            return {"user": {}, "error": str(error)}
        return {"authenticated": True, "user": _user_info(caller), "audiences": [AUDIENCE]}

    def _owner(self, token: str) -> Caller:
        identity = oidc.verified(token)
        if identity is not None:
            return identified(identity, identity, self.counters)
        try:
            user, known = BearerAuthentication().authenticate_credentials(token.encode())
        except Unauthorized as error:
            raise Refused("invalid bearer token") from error
        return identified(user, known, self.counters)


def _user_info(caller: Caller) -> dict[str, Any]:
    info = {
        "username": caller.name,
        "uid": caller.uid,
        "groups": list(caller.groups),
        "extra": {key: list(values) for key, values in caller.extra.items()},
    }
    return {key: value for key, value in info.items() if value}


class TokenRequest(Review):
    """`kubectl create token NAME`: a token of a service account, shown this one time.

    It opens no more than the token it is asked with: same scope, same networks.
    """

    kind = "TokenRequest"

    def answer(self, spec: dict[str, Any], **where: str) -> dict[str, Any]:
        accounts = kind_for("", "v1", "serviceaccounts")
        assert accounts is not None
        access.demand(self.caller, "create", accounts, where["namespace"], where["name"], "token")
        row = service.get(accounts, where["namespace"], where["name"], self.caller)
        if (row.namespace, row.name) == (settings.OPERATOR_NAMESPACE, settings.OPERATOR_ACCOUNT):
            # It is privileged in all rules; admins of the portal are not, nor become it in this way.
            raise Forbidden("VM Operator's own account has no tokens: only the portal works in its name")
        self._demand_for_the_portal(spec)
        lifetime = self._lifetime(spec)
        if is_dry_run(self.request):
            return {"token": "", "expirationTimestamp": None}
        user = user_of_service_account(row.namespace, row.name, row.uid)
        scope = self.caller.scope
        text, made = new_token(
            user,
            lifetime,
            name=f"TokenRequest by {self.caller.name}"[: tokens.NAME_MOST],
            read_only=scope.read_only,
            namespace=scope.namespace,
            networks=getattr(self.request.auth, "networks", []),
        )
        note(self.caller.actor, "make-token", made)
        ends = rfc3339(made.expiry)
        return {"token": text, "expirationTimestamp": ends}

    def _lifetime(self, spec: dict[str, Any]) -> dt.timedelta:
        longest = int(tokens.at_most(LONGEST).total_seconds())
        seconds = spec.get("expirationSeconds", min(USUAL, longest))
        if not SHORTEST <= seconds <= longest:
            message = f"must be a number of seconds from {SHORTEST} to {longest}"
            error = FieldError("spec.expirationSeconds", "Invalid", message)
            raise Invalid(self.kind, "", [error], self.shape.group)
        return dt.timedelta(seconds=seconds)

    def _demand_for_the_portal(self, spec: dict[str, Any]) -> None:
        """The portal keeps no tokens for others, nor such that end with a Secret: that would be more than was asked."""
        errors = []
        if set(spec.get("audiences") or ()) - {AUDIENCE}:
            told = f"leave it out, or name {AUDIENCE}: tokens of the portal are for the portal"
            errors.append(FieldError("spec.audiences", "Invalid", told))
        if spec.get("boundObjectRef"):
            told = "leave it out: a token ends with its service account and with its time"
            errors.append(FieldError("spec.boundObjectRef", "Forbidden", told))
        if errors:
            raise Invalid(self.kind, "", errors, self.shape.group)
