"""The pages on OpenShift, scaling and the upgrade: their commands and values are ones that the chart takes."""

import re
import shlex

import pytest
import yaml

from tests.helm.chart import CHART, render
from tests.helm.tools import ROOT

PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text() for name in ("openshift", "scaling", "upgrade")}


def _blocks(language: str) -> list[str]:
    pattern = re.compile(rf"^( *)```{language}\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
    return [
        re.sub(rf"^{indent}", "", block, flags=re.MULTILINE)
        for text in PAGES.values()
        for indent, block in pattern.findall(text)
    ]


def _helm_commands() -> list[str]:
    lines = "\n".join(_blocks("sh")).replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if line.startswith(("helm install", "helm upgrade"))]


@pytest.mark.slow
@pytest.mark.parametrize("command", _helm_commands())
def test_command_renders(command: str) -> None:
    words = shlex.split(command.replace("<", "").replace(">", ""))
    settings = [words[index + 1] for index, word in enumerate(words) if word == "--set"]
    rendered = render(*settings)
    assert rendered.one("Deployment")
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["version"]
    assert f"azure-driver-{version}.tgz" in words


@pytest.mark.slow
@pytest.mark.parametrize("values", _blocks("yaml"), ids=lambda text: text.split(":")[0])
def test_values_render(values: str) -> None:
    assert render(values=yaml.safe_load(values)).one("Deployment")


def test_there_are_commands_and_values() -> None:
    assert len(_helm_commands()) >= 4
    assert len(_blocks("yaml")) >= 4


def test_secret_path_is_what_the_host_reads() -> None:
    (values,) = [block for block in _blocks("yaml") if "routePrefix" in block]
    rendered = render(values=yaml.safe_load(values))
    name = "AzureFunctionsJobHost__extensions__http__routePrefix"
    assert rendered.env_from_secrets[name] == ("azure-driver-path", "path")
    assert rendered.container["readinessProbe"]["httpGet"]["path"] == "/"


def test_named_values_exist() -> None:
    """What a page names in code as `a.b.c` of a known group is a value of the chart."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    named = {
        name
        for text in PAGES.values()
        for name in re.findall(r"`([a-z][A-Za-z]*(?:\.[A-Za-z_]+)+)(?:[:=][^`]*)?`", text)
        if name.split(".")[0] in values and "messaging" not in name
    }
    assert len(named) > 25
    for name in named:
        at = values
        for step in name.split("."):
            if name == "app.config.env.WSGI_CONTAINER":
                break
            assert step in at, name
            at = at[step]
