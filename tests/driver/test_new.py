"""The command `new`: a whole TNC-O package for a template, which `check` accepts."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from driver.__main__ import main
from driver.commands.new import propose_value
from driver.packages.templates import Parameter
from driver.packages.values import coerce_value
from tests.support.shared import needs_shared

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/"
VAULTS = "Microsoft.KeyVault/vaults"
TEMPLATE: dict[str, Any] = {
    "$schema": f"{SCHEMA}deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {
        "vault_name": {"type": "string", "minLength": 9, "metadata": {"description": "Required. Name of the vault."}},
        "vault_sku": {"type": "string", "defaultValue": "standard", "metadata": {"description": "Optional. Tier."}},
        "vault_place": {"type": "string", "defaultValue": "[resourceGroup().location]"},
        "vault_secret": {"type": "secureString"},
        "networks": {"type": "array", "minLength": 2},
    },
    "resources": [{"type": VAULTS, "apiVersion": "2023-07-01", "name": "[parameters('vault_name')]"}],
    "outputs": {
        "vault_id": {"type": "string", "value": f"[resourceId('{VAULTS}', parameters('vault_name'))]"},
        "vault_size": {"type": "int", "value": 1},
    },
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the commands run, with a template."""
    (tmp_path / "main.json").write_text(json.dumps(TEMPLATE))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text())


def test_a_package_is_written_and_accepted_by_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "Vault", "--from", "main.json"]) == 0
    written = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert written == [
        "Vault/Definitions/lm/resource.yaml",
        "Vault/Lifecycle/azure/lifecycle.yaml",
        "Vault/Lifecycle/azure/main.json",
        "Vault/lifecycle.schema.json",
        "Vault/lmproject.yml",
        "Vault/properties.yaml",
        "main.json",
    ]
    lifecycle = read(folder / "Vault/Lifecycle/azure/lifecycle.yaml")
    assert lifecycle["transitions"]["Create"] == {"deploy": "main.json"}
    assert lifecycle["reference"] == {"type": VAULTS, "outputs": {"vault_id": "id"}}
    descriptor = read(folder / "Vault/Definitions/lm/resource.yaml")
    assert descriptor["name"] == "resource::Vault::1.0"
    assert descriptor["properties"]["vault_name"] == {
        "type": "string",
        "description": "Name of the vault.",
        "required": True,
    }
    assert descriptor["properties"]["vault_sku"]["default"] == "standard"
    assert descriptor["properties"]["vault_id"]["read-only"] is True
    assert read(folder / "Vault/properties.yaml")["vault_name"] == "examplexx"
    capsys.readouterr()
    assert main(["check", "Vault", "--resource-properties", "Vault/properties.yaml"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "  resource group: rg-example\n" in shown.out


def test_a_template_of_a_subscription(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schema = f"{SCHEMA.replace('2019-04-01', '2018-05-01')}subscriptionDeploymentTemplate.json#"
    (folder / "main.json").write_text(json.dumps({**TEMPLATE, "$schema": schema}))
    assert main(["new", "Vault", "--from", "main.json"]) == 0
    assert main(["check", "Vault", "--resource-properties", "Vault/properties.yaml"]) == 0
    assert "  location: westeurope\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "template", "told"),
    [
        ("there", "main.json", "there exists already, and nothing is overwritten"),
        ("../Vault", "main.json", "NAME is '../Vault': it takes letters, digits"),
        ("Vault", "main.txt", "main.txt: it takes a template, a file that ends with .bicep or .json"),
        ("Vault", "gone.json", "gone.json: No such file or directory"),
        ("Vault", "wrong.json", "wrong.json line 1, column 2: it is no JSON: "),
    ],
)
def test_what_cannot_be_written(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, template: str, told: str
) -> None:
    (folder / "there").mkdir()
    (folder / "wrong.json").write_text("{")
    before = sorted(os.listdir(folder))
    assert main(["new", name, "--from", template]) == 1
    assert told in capsys.readouterr().err
    assert (sorted(os.listdir(folder)), os.listdir(folder / "there")) == (before, [])


@needs_shared
@pytest.mark.usefixtures("bicep")
def test_bicep_comes_with_its_modules(folder: Path) -> None:
    (folder / "parts").mkdir()
    (folder / "main.bicep").write_text("module m 'parts/inner.bicep' = { name: 'm' }\n")
    (folder / "parts" / "inner.bicep").write_text("output note string = loadTextContent('note.txt')\n")
    (folder / "parts" / "note.txt").write_text("a note")
    assert main(["new", "Notes", "--from", "main.bicep"]) == 0
    root = folder / "Notes" / "Lifecycle" / "azure"
    assert {path.relative_to(root).as_posix() for path in root.rglob("*.*")} == {
        "lifecycle.yaml",
        "main.bicep",
        "parts/inner.bicep",
        "parts/note.txt",
    }


@pytest.mark.parametrize(
    "parameter",
    [
        Parameter("a", "string", True, longest=3),
        Parameter("a", "securestring", True, shortest=20),
        Parameter("a", "string", True, allowed=("x", "y")),
        Parameter("a", "array", True, allowed=("x", "y"), shortest=1),
        Parameter("a", "int", True, minimum=5, maximum=9),
        Parameter("a", "int", True, maximum=0),
        Parameter("a", "bool", True),
        Parameter("a", "array", True, shortest=2),
        Parameter("a", "object", True),
    ],
    ids=repr,
)
def test_a_proposed_value_is_one_that_the_parameter_takes(parameter: Parameter) -> None:
    assert coerce_value(parameter, propose_value(parameter)) is not None
