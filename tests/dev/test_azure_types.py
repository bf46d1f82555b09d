"""The list of Azure's resource types is what the Bicep compiler knows of them."""

import pytest

from dev import azure_types, bicep
from emulators.azure.providers import is_known


@pytest.mark.slow
@pytest.mark.timeout(600)  # it reads all types of the compiler
@pytest.mark.skipif(bicep.executable() is None, reason="there is no Bicep compiler (BICEP_PATH)")
def test_the_list_is_current() -> None:
    assert azure_types.build_list() == azure_types.TARGET.read_text(), "make azure-types"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("microsoft.network/VIRTUALNETWORKS/subnets", True),
        ("Microsoft.Web/sites/host/functionKeys", True),  # in a table alone
        ("Microsoft.Network/virtualNetwork", False),
        ("Microsoft.Network/virtualNetworks/subnet", False),
        ("Contoso.Play/things", True),
    ],
)
def test_a_type_is_known_in_any_case_and_of_any_unknown_provider(name: str, known: bool) -> None:
    assert is_known(name) is known
