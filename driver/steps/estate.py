"""What a removal has to delete, and the calls with which it asks Azure for that."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from driver.azure import providers, resources, throttling, versions
from driver.azure.operations import Look, Operation
from driver.azure.refusals import Refusal
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId
from driver.steps.entries import Entry

_MOST_RECORDS = 5  # that are asked for api-versions
_log = logging.getLogger("driver.lifecycle")


@dataclass
class Estate:
    """All `entries` that are left, by topology key; the locks that this removal has deleted; the records of the
    deployments that wrote them all; the keys of what is `removed`.

    `refuse_foreign`: an owned resource group stays while it holds something foreign. `purge`: what Azure keeps of the
    deleted ones is purged. `busy` counts the calls in a row that Azure or the network was too busy for;
    `is_entra_away`: Entra ID did not sign this pass in.
    """

    location: AzureLocation
    entries: dict[str, Entry]
    unlocked: list[ResourceId]
    records: tuple[ResourceId, ...] = ()
    refuse_foreign: bool = False
    purge: bool = False
    removed: list[str] = field(default_factory=list)
    busy: int = 0
    is_entra_away: bool = False
    _versions: dict[str, tuple[str, ...]] | None = field(default=None, init=False)

    def look(self, resource_id: ResourceId) -> Look:
        """Look whether a resource exists. Raises a Refusal for every answer that shows neither."""
        return resources.look(self.location, resource_id, self._offer_versions(resource_id))

    def delete(self, resource_id: ResourceId) -> Operation:
        """Send a DELETE. Raises a Refusal."""
        operation = resources.delete(self.location, resource_id, self._offer_versions(resource_id))
        self.busy = 0
        return operation

    def measure_shortage(self) -> float:
        """How few reads ARM has left for the deployment location, from 0 (enough) to 1 (none)."""
        return throttling.measure_shortage(self.location)

    def _offer_versions(self, resource_id: ResourceId) -> Iterator[str]:
        """The api-versions to try first: the provider's newest, then those that the records tell, which costs calls.

        If the provider does not know the type, the last one is one that ARM itself reads: then ARM says what is wrong.
        """
        try:
            newest = providers.list_api_versions(self.location, resource_id)[:1]
        except Refusal as refused:
            if refused.status != 404:
                raise
            newest = []
        yield from newest
        if not resource_id.is_group:
            yield from self._read_versions().get(resource_id.type.lower(), ())
        if not newest:
            yield providers.RESOURCES_VERSION

    def _read_versions(self) -> Mapping[str, tuple[str, ...]]:
        if self._versions is None:
            self._versions = {}
            for record in self.records[:_MOST_RECORDS]:
                try:
                    self._versions |= versions.list_api_versions(self.location, record)
                except Refusal as refused:
                    _log.warning("the record %s tells no api-versions: %s", record, refused.cause.text)
        return self._versions
