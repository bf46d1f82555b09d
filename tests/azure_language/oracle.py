"""Microsoft's own evaluation of templates, by `bicep snapshot`; without the tool by the snapshots beside the templates.

`python -m tests.azure_language.oracle` renews compiled templates and snapshots; BICEP_PATH names the tool.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parent / "templates"
SECONDS = 120  # the tool never ends for some expressions
TENANT = "22222222-2222-2222-2222-222222222222"
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
GROUP, LOCATION, DEPLOYMENT = "rg", "westeurope", "main"


def names() -> list[str]:
    """The templates that are compared: Bicep files that are no modules, and hand-written ARM templates."""
    sources = [path for path in TEMPLATES.glob("*.bicep") if not path.name.startswith("module-")]
    return sorted(path.stem for path in [*sources, *TEMPLATES.glob("*.json")] if "." not in path.stem)


def template_of(name: str) -> dict[str, Any]:
    """An ARM template: hand-written, else compiled from Bicep."""
    written = TEMPLATES / f"{name}.json"
    return _read(written if written.exists() else TEMPLATES / "compiled" / f"{name}.json")


def parameters_of(name: str) -> dict[str, Any]:
    """`{name: {"value": ...}}`."""
    path = TEMPLATES / f"{name}.parameters.json"
    return _read(path) if path.exists() else {}


def snapshot_of(name: str) -> dict[str, Any]:
    """The kept snapshot: predictedResources, diagnostics, outputs."""
    return _read(TEMPLATES / "snapshots" / f"{name}.json")


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def run_bicep(bicep: str, *arguments: str) -> str:
    """The output of the tool. Raises RuntimeError with its messages, TimeoutExpired where it does not end."""
    environment = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    done = subprocess.run(
        [bicep, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def compiled(bicep: str, name: str) -> dict[str, Any]:
    """A template, freshly compiled; hand-written ones as they are."""
    source = TEMPLATES / f"{name}.bicep"
    if not source.exists():
        return template_of(name)
    content: dict[str, Any] = json.loads(run_bicep(bicep, "build", str(source), "--stdout"))
    return content


def snapshot(bicep: str, template: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """What the engine makes of a template now."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.json").write_text(json.dumps(template))
        assignments = [f"param {name} = {_literal(given['value'])}" for name, given in parameters.items()]
        file = Path(folder) / "main.bicepparam"
        file.write_text("\n".join(["using './main.json'", *assignments]))
        scope = [] if is_subscription(template) else ["--resource-group", GROUP]
        place = ["--tenant-id", TENANT, "--subscription-id", SUBSCRIPTION, "--location", LOCATION]
        run_bicep(bicep, "snapshot", str(file), "--mode", "overwrite", "--deployment-name", DEPLOYMENT, *place, *scope)
        result = _read(file.with_suffix(".snapshot.json"))
        result["outputs"] = dict(sorted(result["outputs"].items()))  # The tool writes them in no order.
        return result


def is_subscription(template: dict[str, Any]) -> bool:
    """Whether a template is deployed to a subscription."""
    return "subscriptionDeploymentTemplate" in template["$schema"]


def _literal(value: Any) -> str:
    """A value in Bicep."""
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${") + "'"
    if isinstance(value, dict):
        return "{" + "".join(f"\n{_literal(key)}: {_literal(item)}" for key, item in value.items()) + "\n}"
    if isinstance(value, list):
        return "[" + "".join(f"\n{_literal(item)}" for item in value) + "\n]"
    return json.dumps(value)


def main() -> None:
    """Renew what is kept beside the templates."""
    bicep = os.environ["BICEP_PATH"]
    for name in names():
        template = compiled(bicep, name)
        kept = {"snapshots": snapshot(bicep, template, parameters_of(name))}
        if (TEMPLATES / f"{name}.bicep").exists():
            kept["compiled"] = template
        for folder, content in kept.items():
            path = TEMPLATES / folder / f"{name}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
