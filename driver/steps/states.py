"""The state from step to step of a deployment."""

from pydantic import Field

from driver.models.events import TopologyEntry
from driver.models.outcomes import State
from driver.resource_ids import ResourceId
from driver.steps.looks import Search
from driver.steps.ownership import Evidence


class DeployState(State):
    """`search`: the look that is not over. `evidence`: what the look has shown. `superseded`: keys of records in the
    incoming topology that this deployment's record replaces; `replaced`: those that were deleted. `accepted`: ARM has
    accepted a PUT of this run.

    `topology`: what this resource owned before, and what earlier tries created. `url`: the operation to poll, `since`:
    when it began (ISO 8601). `over`: it has succeeded; then `since` is when that was seen. `absent_since`: since when
    ARM answers 404 about it. `unsure_since`: when a PUT that ARM may have accepted was not answered. `failures`: how
    often the deployment has failed before, `first`: the first cause, `failed_at`: when ARM said so last, by its clock
    (ISO 8601). `hanging`: what it was at work on when it was abandoned. `shown`: fingerprints of the resources whose
    end a progress event has shown, at `shown_at` the last ones.

    For a deployment that prunes: `previous` is what the one before it wrote.

    `existed` is what runs of release 2.0.0 have instead of `evidence`: fingerprints of what existed before.
    """

    search: Search | None = None
    evidence: Evidence | None = None
    superseded: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    previous: tuple[ResourceId, ...] = ()
    accepted: bool = False
    existed: tuple[str, ...] = ()
    topology: dict[str, TopologyEntry] = Field(default_factory=dict)
    correlation_id: str = ""
    url: str = ""
    since: str = ""
    over: bool = False
    absent_since: str = ""
    unsure_since: str = ""
    failures: int = 0
    first: str = ""
    failed_at: str = ""
    hanging: str = ""
    shown: tuple[str, ...] = ()
    shown_at: str = ""

    def report_topology(self) -> dict[str, TopologyEntry | None]:
        return {**dict.fromkeys(self.replaced), **self.topology}
