"""How the embedded Azure behaves: by the command line when it starts, by `/emulator/settings` while it runs."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel


class BadSettingError(ValueError):
    """Which setting is wrong, and what would be right."""


class Federation(BaseModel):
    """An issuer that an application trusts to say who it is. `key` is its public key (PEM); empty: tokens of this
    emulator's own managed identities.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    client_id: str
    issuer: str
    subject: str
    audience: str = "api://AzureADTokenExchange"
    key: str = ""


class Role(BaseModel):
    """Actions and exceptions from them, with `*` for any text."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()


class Settings(BaseModel):
    """All times are seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    provisioning_seconds: float = Field(default=2.0, ge=0, description="a whole deployment from PUT to Succeeded")
    latency_seconds: float = Field(default=0.0, ge=0, description="added to each ARM call")
    tenants: frozenset[str] = Field(default=frozenset(), description="known tenants; any where empty")
    subscriptions: frozenset[str] = Field(default=frozenset(), description="known subscriptions; any where empty")
    clients: dict[str, str] = Field(default={}, description="client ids and their secrets; any where empty")
    certificates: dict[str, tuple[str, ...]] = Field(
        default={}, description="client ids and the certificates (PEM) registered for them"
    )
    federations: tuple[Federation, ...] = Field(
        default=(),
        description="whose tokens sign an application in: `clientId`, `issuer`, `subject`, `audience`, `key` (PEM; "
        "empty: tokens of the managed identities)",
    )
    managed_identities: frozenset[str] = Field(
        default=frozenset(),
        description="client ids of the managed identities of the host, `system` for the system-assigned one; any where "
        "empty",
    )
    identity_header: str = Field(default="identity-header", description="IDENTITY_HEADER of App Service")
    list_lag_seconds: float = Field(
        default=0.0, ge=0, description="how long lists miss what is new and show what is gone"
    )
    record_lag_seconds: float = Field(default=0.0, ge=0, description="how long a record says Running after its end")
    record_delay_seconds: float = Field(default=0.0, ge=0, description="how long after its PUT a record is not found")
    throttling: bool = Field(
        default=False, description="ARM counts requests: 200 writes, 200 deletes, 250 reads at once"
    )
    provider_requests: dict[str, int] = Field(
        default={}, description="requests in 5 minutes by namespace and read, write or delete: microsoft.network/write"
    )
    permissions: tuple[Role, ...] = Field(
        default=(Role(actions=("*",)),),
        description="the roles that every principal has at every scope: a list of `{actions, notActions}`",
    )
    token_seconds: int = Field(default=3599, ge=1, description="how long a token is valid")

    @property
    def applications(self) -> frozenset[str]:
        """Client ids that are known."""
        return frozenset((*self.clients, *self.certificates, *(one.client_id for one in self.federations)))

    @property
    def home_tenant(self) -> str:
        """The tenant of the managed identities."""
        return min(self.tenants, default="99999999-0000-0000-0000-000000000000")

    def change(self, body: dict[str, Any]) -> "Settings":
        """These settings with others in place of some. Raises BadSettingError."""
        try:
            return Settings.model_validate({**self.model_dump(by_alias=True), **body})
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False)
            names = ", ".join(to_camel(name) for name in Settings.model_fields)
            said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in faults)
            raise BadSettingError(f"{said}; the settings are {names}") from None
