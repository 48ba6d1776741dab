"""Bring in the few browser files of others that the pages use, and draw the icon sprite.

Run by maintainers through `make vendor` (needs npm); what it writes is committed, with licences and hashes.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "static"
VENDOR = STATIC / "vendor"
MANIFEST = VENDOR / "manifest.json"
SOURCE_MAP = re.compile(rb"\s*(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=.*)\s*$")


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    files: tuple[str, ...] = ()
    licence: str = "LICENSE"
    put_into: str = ""  # for what is bundled into another package: only its licence is kept there

    @property
    def folder(self) -> str:
        return f"{self.name.lstrip('@').replace('/', '-')}-{self.version}"


TABLER = Package("@tabler/core", "1.6.1", ("dist/css/tabler.min.css", "dist/js/tabler.min.js"), licence="")
ICONS = Package("@tabler/icons", "3.51.0")
PACKAGES = (
    TABLER,  # ships no licence file: the one in its folder repeats its header and the MIT text
    Package("bootstrap", "5.3.9", put_into=TABLER.folder),
    Package("@popperjs/core", "2.11.8", licence="LICENSE.md", put_into=TABLER.folder),
    Package("idiomorph", "0.8.0", ("dist/idiomorph-ext.min.js",)),
    Package(  # for the API reference alone
        "swagger-ui-dist",
        "5.35.0",
        ("swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css", "NOTICE"),
    ),
    ICONS,
)


def main() -> None:
    known = json.loads(MANIFEST.read_text()) if MANIFEST.exists() else {"packages": {}}
    packages, files = {}, {}
    with tempfile.TemporaryDirectory() as scratch:
        for package in PACKAGES:
            digest, content = unpack(package, Path(scratch))
            before = known["packages"].get(package.name)
            if before and before["version"] == package.version and before["sha512"] != digest:
                raise SystemExit(
                    f"{package.name} {package.version} is not the package that it was: look into it"
                )
            packages[package.name] = {"version": package.version, "sha512": digest}
            take(package, content)
            if package is ICONS:
                (STATIC / "icons.svg").write_text(sprite(content / "icons" / "outline"))
    for path in sorted([*VENDOR.rglob("*"), STATIC / "icons.svg"]):
        if path.is_file() and path != MANIFEST:
            files[path.relative_to(STATIC).as_posix()] = hashlib.sha512(path.read_bytes()).hexdigest()
    MANIFEST.write_text(json.dumps({"packages": packages, "files": files}, indent=2) + "\n")


def unpack(package: Package, scratch: Path) -> tuple[str, Path]:
    """Fetch a package; gives the SHA-512 of its archive and the folder of its content."""
    place = scratch / package.folder
    place.mkdir()
    subprocess.run(
        ["npm", "pack", "--silent", f"{package.name}@{package.version}"],
        cwd=place,
        check=True,
        stdout=subprocess.PIPE,
    )
    (archive,) = place.glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(place, filter="data")
    return hashlib.sha512(archive.read_bytes()).hexdigest(), place / "package"


def take(package: Package, content: Path) -> None:
    """Copy the files that are used, without their link to a source map that is not there."""
    folder = VENDOR / (package.put_into or package.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in package.files:
        (folder / Path(name).name).write_bytes(SOURCE_MAP.sub(b"\n", (content / name).read_bytes()))
    if package.licence:
        suffix = f"-{package.name.lstrip('@').split('/')[0]}" if package.put_into else ""
        shutil.copyfile(content / package.licence, folder / f"LICENSE{suffix}")


def sprite(icons: Path) -> str:
    """One SVG of all icons named in icons.txt, for `<svg class="icon"><use href="…#name"/></svg>`.

    Width of line and size are left to the page's style.
    """
    symbols = []
    for name in sorted((STATIC / "icons.txt").read_text().split()):
        if not (icons / f"{name}.svg").exists():
            raise SystemExit(f"static/icons.txt: there is no icon {name}")
        drawing = (icons / f"{name}.svg").read_text()
        shapes = re.findall(r"<(?!svg|/svg)[^>]*/>", drawing)
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
            f'stroke-linecap="round" stroke-linejoin="round">'
            + "".join(re.sub(r"\s*/>$", "/>", shape) for shape in shapes if "M0 0h24v24H0z" not in shape)
            + "</symbol>"
        )
    licence = f"<!-- {ICONS.name} {ICONS.version}, MIT: vendor/{ICONS.folder}/LICENSE -->"
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', licence, *symbols, "</svg>"]) + "\n"


if __name__ == "__main__":
    main()
