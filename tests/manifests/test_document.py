"""Each manifest that the VirtualMachine document shows stands in this folder, or waits with a reason."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.manifests.document import Block, blocks
from tests.manifests.reading import FOLDER, MANIFESTS, Manifest, pending
from tests.shared import shared


@pytest.fixture(scope="module")
def document() -> list[Block]:
    return blocks(shared("spec/virtualmachine.md"))


def test_no_manifest_of_the_document_is_left_out(document):
    shown = [block.place for block in document if block.is_manifest]
    here = [manifest.place for manifest in MANIFESTS if not manifest.place.endswith(", in words")]
    assert len(shown) == len(set(shown)), "places must tell blocks apart"
    assert sorted([*here, *pending()]) == sorted(shown)


def test_every_block_of_yaml_is_read(document):
    assert len(document) == shared("spec/virtualmachine.md").read_text().count("```yaml") > 0


def test_a_manifest_holds_all_that_its_block_shows(document):
    by_place = {block.place: block.content for block in document}
    for manifest in MANIFESTS:
        if block := by_place.get(manifest.place):
            part = {"metadata": block} if "annotations" in block else block
            assert any(_is_part(part, obj) for obj in manifest.objects), manifest.path.name


def test_a_place_in_words_is_a_section_of_the_document():
    text = shared("spec/virtualmachine.md").read_text()
    headings = set(re.findall(r"^##+ +(.+?) *$", text, re.MULTILINE))
    for manifest in MANIFESTS:
        section = manifest.place.rpartition(", ")[0]
        assert set(section.split(" > ")) <= headings, manifest.path.name


def test_the_requirements_that_manifests_name_are_in_the_lists():
    lists = "".join(shared(f"spec/{name}.md").read_text() for name in ("requirements", "webhook-rules"))
    known = set(re.findall(r"^\| ([A-Z]+-\d+) \|", lists, re.MULTILINE))
    assert {name for manifest in MANIFESTS for name in manifest.requirements} <= known


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: manifest.path.stem)
def test_a_manifest_says_what_it_is_for(manifest: Manifest):
    assert manifest.outcome in ("stored", "runs", "refused")
    assert manifest.outcome != "refused" or manifest.refusals
    assert all((FOLDER / name).exists() for name in manifest.needs)


def _is_part(part: Any, whole: Any) -> bool:
    """Whether everything in `part` is in `whole` too; lists must have the same length."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and _is_part(value, whole[key]) for key, value in part.items()
        )
    if isinstance(part, list):
        return (
            isinstance(whole, list)
            and len(part) == len(whole)
            and all(_is_part(*pair) for pair in zip(part, whole, strict=True))
        )
    return bool(part == whole)
