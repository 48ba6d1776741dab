"""What `kubectl describe pvc` asks for beside the claim."""

from __future__ import annotations


def test_there_are_no_pods_and_strangers_do_not_see_even_that(vera, bob):
    path = "/api/v1/namespaces/team-a/pods"
    answer = vera.get(path).json()
    assert (answer["kind"], answer["items"]) == ("PodList", [])
    assert bob.get(path).status_code in (403, 404)
    assert vera.post(path, {}).status_code == 405
