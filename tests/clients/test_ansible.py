"""Ansible's `kubernetes.core`: a playbook that says what is there, run as often as one likes."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.peers.ansible import environment

pytestmark = pytest.mark.peers

PLAYBOOK = Path(__file__).parent / "ansible" / "playbook.yaml"


@pytest.fixture(scope="module")
def play(as_alice, tmp_path_factory):
    home = tmp_path_factory.mktemp("ansible")
    place = environment()

    def play(*words: str) -> int:
        """How many tasks have changed something; fails the test with what a task complains of."""
        done = subprocess.run(
            [place / "bin" / "ansible-playbook", "-i", "localhost,", PLAYBOOK, *words],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "LC_ALL": "C.UTF-8",
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_LOCALHOST_WARNING": "0",
                "ANSIBLE_PYTHON_INTERPRETER": str(place / "bin" / "python"),
                "K8S_AUTH_KUBECONFIG": str(as_alice),
            },
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
        changed = re.search(r"^localhost .* changed=(\d+) ", done.stdout, re.MULTILINE)
        assert changed, done.stdout
        return int(changed[1])

    return play


def test_a_playbook_makes_what_it_says_and_changes_nothing_again(play):
    """In check mode nothing is stored, so that the run after it still has all to do."""
    assert play("--check", "--diff") == 3
    assert play() == 5
    assert play() == 0
    assert play("--check", "--diff") == 0
    assert play("-e", "state=absent") == 3
    assert play("-e", "state=absent") == 0
