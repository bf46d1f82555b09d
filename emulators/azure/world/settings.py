"""How the embedded Azure behaves: by the command line when it starts, by `/emulator/settings` while it runs."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel


class BadSettingError(ValueError):
    """Which setting is wrong, and what would be right."""


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

    def change(self, body: dict[str, Any]) -> "Settings":
        """These settings with others in place of some. Raises BadSettingError."""
        try:
            return Settings.model_validate({**self.model_dump(by_alias=True), **body})
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False)
            names = ", ".join(to_camel(name) for name in Settings.model_fields)
            said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in faults)
            raise BadSettingError(f"{said}; the settings are {names}") from None
