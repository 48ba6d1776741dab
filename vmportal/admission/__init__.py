"""Admission: what defaults make of an object, and whether rules and policy let it in. For the service.

Pure: no Django, no database, no clock, no randomness. `docs/adding.md` says how a rule is added.
"""

from __future__ import annotations

from vmportal.admission.admitting import Admitting as Admitting
from vmportal.admission.pipeline import Admission as Admission
from vmportal.admission.pipeline import Outcome as Outcome
from vmportal.admission.pipeline import Policies as Policies
from vmportal.admission.pipeline import admit as admit
from vmportal.admission.who import Installation as Installation
from vmportal.admission.who import User as User
from vmportal.admission.world import Fetch as Fetch
from vmportal.admission.world import MemoryWorld as MemoryWorld
from vmportal.admission.world import Want as Want
from vmportal.admission.world import World as World
from vmportal.admission.world import look_up as look_up
