"""The Bicep compiler, the real one: what it makes of a package, and that it sees nothing else."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from driver.errors import InvalidRequest, NotReady
from driver.packages import compiler
from driver.packages.bicep import Compiled, compile_files
from driver.packages.catalogue import find_package, load_built_in
from driver.packages.templates import list_resource_types, read_template
from tests.support.driver_files import zipped
from tests.support.requests import SETTINGS
from tests.support.shared import SHARED, needs_shared

pytestmark = needs_shared

CLI = str(SHARED / "tools" / "bicep")
SECRET = "0utside-Secret"


def compiled(files: dict[str, str | bytes], entry: str = "main.bicep", cli: str = CLI) -> Compiled:
    content = {path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()}
    return compile_files(content, entry, cli)


def fault(files: dict[str, str | bytes], entry: str = "main.bicep") -> str:
    with pytest.raises(InvalidRequest) as caught:
        compiled(files, entry)
    assert SECRET not in str(caught.value)
    assert tempfile.gettempdir() not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder beside the compiler's private one, with something to be read."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "secret.txt").write_text(SECRET)
    (tmp_path / "out" / "secret.bicep").write_text(f"output secret string = '{SECRET}'\nparam p string\n")
    (tmp_path / "out" / "secret.bicepparam").write_text(f"using none\nparam p = '{SECRET}'\n")
    compiler._make_library_folder()  # made once a process, and not among what a compilation leaves
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


@pytest.mark.slow
def test_modules_texts_and_parameters_of_the_package(outside: Path) -> None:
    files: dict[str, str | bytes] = {
        "main.bicep": "param size string\nparam tags object\n"
        "module m 'modules/inner.bicep' = { name: 'm', params: { size: size } }\n"
        "output note string = loadTextContent('texts/note.txt')\noutput tags object = tags\n",
        "modules/inner.bicep": "param size string\noutput size string = size\n",
        "texts/note.txt": "a note",
        "main.bicepparam": "using 'main.bicep'\nparam size = 'small'\nparam tags = { a: 'b' }\n",
    }
    made = compiled(files, "main.bicepparam")
    assert made.parameters == {"size": {"value": "small"}, "tags": {"value": {"a": "b"}}}
    assert made.template["variables"] == {"$fxv#0": "a note"}
    assert [one["name"] for one in made.template["resources"]] == ["m"]
    assert compiled(files).parameters == {}


@pytest.mark.slow
def test_what_an_extension_compiles_to_is_refused_and_arms_own_is_taken() -> None:
    extension = "extension kubernetes with { namespace: 'x', kubeConfig: 'y' } as k8s\n"
    space = "resource space 'core/Namespace@v1' = { metadata: { name: 'x' } }\n"
    module: dict[str, str | bytes] = {
        "main.bicep": "module m 'inner.bicep' = { name: 'm' }\n",
        "inner.bicep": extension + space,
    }
    with pytest.raises(InvalidRequest) as caught:
        read_template(compiled(module).template, "main.bicep")
    (fault,) = caught.value.faults
    path = "'m' (Microsoft.Resources/deployments) > 'space' (core/Namespace@v1)"
    assert fault.startswith(f"main.bicep: resource {path} is one of the extension 'Kubernetes': it has no ARM id")
    table = "resource a 'Microsoft.Network/routeTables@2024-05-01' = { name: 'a', location: 'westeurope' }\n"
    taken = compiled({"main.bicep": f"extension az\nextension sys\n{table}"}).template
    assert set(taken["imports"]) == {"az", "sys"}
    assert list_resource_types(read_template(taken, "main.bicep").body) == {"microsoft.network/routetables"}


def test_the_faults_of_a_template_are_the_compilers_with_file_and_line() -> None:
    files: dict[str, str | bytes] = {
        "main.bicep": "module m 'modules/inner.bicep' = { name: 'm' }\n",
        "modules/inner.bicep": "\n  output size int = 'text'\n",
    }
    assert "modules/inner.bicep(2,21): BCP033" in fault(files)


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [
        "output o string = loadTextContent('../out/secret.txt')",
        "output o string = loadTextContent('{outside}/out/secret.txt')",
        "var path = '../out/secret.txt'\noutput o string = loadTextContent(path)",
        "output o string = loadFileAsBase64('sub/../../out/secret.txt')",
        "output o object = loadYamlContent('../out/secret.bicep')",
        "module m '../out/secret.bicep' = { name: 'm' }\noutput o string = m.outputs.secret",
        "import { a } from '../out/secret.bicep'",
    ],
)
def test_files_outside_of_the_package_are_not_read(outside: Path, source: str) -> None:
    fault({"main.bicep": source.replace("{outside}", str(outside))})


@pytest.mark.slow
@pytest.mark.parametrize(
    "parameters", ["using '../out/secret.bicep'", "using none\nextends '../out/secret.bicepparam'"]
)
def test_a_parameters_file_does_not_reach_outside(outside: Path, parameters: str) -> None:
    fault({"main.bicep": "param p string", "main.bicepparam": parameters}, "main.bicepparam")


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [
        "module m 'br:mcr.microsoft.com/bicep/a:1' = { name: 'm' }",
        "module m 'br/public:avm/res/a:1' = { name: 'm' }",
        "module m 'ts:sub/group/spec:1' = { name: 'm' }",
        "module /*\n*/ m 'br/public:avm/res/a:1' = { name: 'm' }",
        "import * as a from 'br:mcr.microsoft.com/bicep/a:1'",
        "extension 'br:mcr.microsoft.com/bicep/extensions/microsoftgraph/v1.0:1'",
    ],
)
def test_nothing_is_fetched(source: str) -> None:
    assert "are not fetched: put them in the package" in fault({"main.bicep": source})


def test_what_is_not_fetched_is_named_with_its_line() -> None:
    said = fault(
        {"main.bicep": "// 'br:a'\nvar a = 'https://b' /*\n*/\nmodule m 'br/public:avm/res/a:1' = { name: 'm' }"}
    )
    assert said.startswith("main.bicep line 4: 'br/public:avm/res/a:1': modules from registries and template specs are")


def test_a_module_in_another_case_is_suggested() -> None:
    files: dict[str, str | bytes] = {
        "main.bicep": "module m 'Net.bicep' = { name: 'm' }",
        "net.bicep": "",
        "Net.md": "",
    }
    said = fault(files)
    assert said == (
        "main.bicep(1,10): BCP091: An error occurred reading file. Could not find file 'Net.bicep', did you mean"
        " 'net.bicep'?"
    )


def test_a_registry_in_a_comment_is_not_fetched() -> None:
    files: dict[str, str | bytes] = {"main.bicep": "// module m 'br/public:a:1'\n/* 'ts:a'\n*/ output a string = 'b'\n"}
    assert compiled(files).template["outputs"]["a"]["value"] == "b"


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_folders_are_not_listed_in_whatever_encoding(encoding: str) -> None:
    files: dict[str, str | bytes] = {
        "main.bicep": "module m 'notes.txt' = { name: 'm' }",
        "notes.txt": "output o array = loadDirectoryFileInfo('..')".encode(encoding),
    }
    assert "notes.txt: loadDirectoryFileInfo is not taken" in fault(files)


def test_a_configuration_of_the_package_is_not_followed(outside: Path) -> None:
    configuration = '{"cacheRootDirectory": "../out/cache", "extensions": {"a": "br:example.azurecr.io/a:1"}}'
    assert "BCP204" in fault({"main.bicep": "extension a", "bicepconfig.json": configuration})


@pytest.mark.slow
def test_parameters_see_nothing_of_the_drivers_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALING_KEYS", SECRET)
    parameters = "using none\nparam a = readEnvironmentVariable('SEALING_KEYS', 'nothing')\n"
    files: dict[str, str | bytes] = {
        "main.bicep": "param a string",
        "main.bicepparam": parameters.replace("none", "'main.bicep'"),
    }
    assert compiled(files, "main.bicepparam").parameters == {"a": {"value": "nothing"}}
    files["main.bicepparam"] = "using 'main.bicep'\nparam a = readEnvironmentVariable('SEALING_KEYS')\n"
    assert "BCP427" in fault(files, "main.bicepparam")


@pytest.mark.slow
def test_an_endless_compilation_is_ended(monkeypatch: pytest.MonkeyPatch, outside: Path) -> None:
    monkeypatch.setattr(compiler, "SECONDS", 3)
    endless = "map(range(0, 10000), i => map(range(0, 10000), j => map(range(0, 10000), k => k)))"
    files: dict[str, str | bytes] = {
        "main.bicep": "param a array",
        "main.bicepparam": f"using 'main.bicep'\nparam a = {endless}\n",
    }
    assert "gave up or took more than 3 seconds" in fault(files, "main.bicepparam")


@pytest.mark.slow
def test_a_compiler_that_crashes_is_a_fault_of_the_template(outside: Path) -> None:
    assert "gave up" in fault({"main.bicep": f"var a = {'[' * 20_000}{']' * 20_000}"})


def test_a_template_larger_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "LARGEST_ANSWER", 100_000)
    files: dict[str, str | bytes] = {"main.bicep": "output o string = loadTextContent('a.txt')", "a.txt": "x" * 100_000}
    assert "larger than 100000 bytes" in fault(files)


def test_what_was_compiled_before_needs_no_compiler(tmp_path: Path) -> None:
    """Observed by a compiler that is gone meanwhile."""
    link = tmp_path / "bicep"
    link.symlink_to(CLI)
    files: dict[str, str | bytes] = {"main.bicep": "param once string"}
    first = compiled(files, cli=str(link))
    link.unlink()
    assert compiled(files, cli=str(link)) is first
    with pytest.raises(NotReady, match="BICEP_PATH"):
        compiled({"main.bicep": "param twice string"}, cli=str(link))


@pytest.mark.slow
def test_a_package_needs_the_compiler_for_what_was_not_compiled_before(tmp_path: Path) -> None:
    source = f"output folder string = '{tmp_path.name}-{tmp_path.stat().st_ino}'\n"
    files = {"main.bicep": source, "other.json": "{}", "lifecycle.yaml": "version: 1\ntransitions: {}\n"}
    settings = replace(SETTINGS, bicep_path=CLI)
    package = find_package("driver-files", zipped(files), settings)
    assert package.needs_compiler("main.bicep")
    assert not package.needs_compiler("other.json")
    assert not package.needs_compiler("missing.bicep")
    assert not find_package("driver-files", zipped(files), SETTINGS).needs_compiler("main.bicep")
    assert not load_built_in("AzureVNet").needs_compiler("main.bicep")
    compiled({**files})
    assert not package.needs_compiler("main.bicep")
