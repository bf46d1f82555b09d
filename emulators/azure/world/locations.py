"""Azure's regions: names as ARM compares them and as the portal shows them."""

_DISPLAY = """East US,East US 2,South Central US,West US 2,West US 3,Australia East,Southeast Asia,North Europe,
Sweden Central,UK South,West Europe,Central US,South Africa North,Central India,East Asia,Japan East,Korea Central,
Canada Central,France Central,Germany West Central,Italy North,Norway East,Poland Central,Spain Central,
Switzerland North,Mexico Central,UAE North,Brazil South,Israel Central,Qatar Central,North Central US,West US,
Japan West,West Central US,South Africa West,Australia Central,Australia Central 2,Australia Southeast,Korea South,
South India,West India,Canada East,France South,Germany North,Norway West,Switzerland West,UK West,UAE Central,
Brazil Southeast""".replace("\n", "")


def normal(location: str) -> str:
    """`North Europe` -> `northeurope`."""
    return location.replace(" ", "").lower()


DISPLAY_NAMES = tuple(_DISPLAY.split(","))
NAMES = tuple(normal(name) for name in DISPLAY_NAMES)
KNOWN = frozenset(NAMES) | {"global", "eastus2euap", "centraluseuap"}
LISTED = ",".join(NAMES)
