"""Compiles Bicep to the ARM templates beside it; writes the READMEs and TNC-O descriptors of the resource packages.

`python -m dev.templates` writes them; with `--check` it writes nothing and fails if anything would change. Either way a
warning of the linter is a failure.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from dev import bicep
from dev.descriptors import resource_package
from dev.package_readme import catalogue, package_readme

ROOT = Path(__file__).resolve().parent.parent
INFRA = ROOT / "infra"
PACKAGES = INFRA / "resources"
EXAMPLES = ROOT / "examples" / "packages"


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m dev.templates", description=__doc__)
    arguments.add_argument("--check", action="store_true", help="write nothing; fail if anything would change")
    check = arguments.parse_args().check
    try:
        with bicep.started() as compiler:
            faults = list(_faults(compiler, check))
    except bicep.BicepError as error:
        faults = [str(error)]
    print(*faults, sep="\n", end="\n" if faults else "", file=sys.stderr)
    return 1 if faults else 0


def sources() -> list[Path]:
    """The Bicep files that are deployed, each with its compiled template beside it; modules are compiled into them."""
    return sorted([*INFRA.glob("*.bicep"), *PACKAGES.glob("*/*.bicep"), *EXAMPLES.glob("*/Lifecycle/azure/*.bicep")])


def packages() -> list[Path]:
    return sorted(path.parent for path in PACKAGES.glob("*/lifecycle.yaml"))


def generated(compiler: bicep.Bicep) -> Iterator[tuple[Path, str]]:
    """Every generated file and what it must hold. Raises BicepError for what does not compile without a warning."""
    templates: dict[Path, str] = {}
    for source in sources():
        compiled = compiler.compile(source)
        if compiled.diagnostics:
            raise bicep.BicepError("\n".join(compiled.diagnostics))
        yield source, compiler.format(source)
        templates[source.with_suffix(".json")] = compiled.content
    yield from templates.items()
    readmes = {}
    for package in packages():
        own = {path.stem: json.loads(content) for path, content in templates.items() if path.parent == package}
        examples = {path.stem: compiler.parameters(path) for path in package.glob("*.bicepparam")}
        manifest = (package / "lifecycle.yaml").read_text(encoding="utf-8")
        readmes[package.name] = own["main"]["metadata"]["description"]
        yield package / "README.md", package_readme(package.name, manifest, own, examples)
        for path, content in resource_package(package.name, manifest, own).items():
            yield EXAMPLES / package.name / path, content
    yield PACKAGES / "README.md", catalogue(readmes)


def _faults(compiler: bicep.Bicep, check: bool) -> Iterator[str]:
    for path, content in generated(compiler):
        if path.is_file() and path.read_text(encoding="utf-8") == content:
            continue
        if check:
            yield f"{path.relative_to(ROOT)} is not what `make templates` writes with Bicep {compiler.version()}"
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
