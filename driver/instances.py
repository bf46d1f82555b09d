"""Instances in the task hub, over the host's HTTP API: the driver's calls for which the Durable SDK has no method that
can be used.
"""

import json
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlencode, urlsplit

from driver.errors import NotReady

ANSWER_SECONDS = 10.0  # a task hub in order answers in milliseconds
_PAGE = 100
_ENDED = (404, 410)  # what the host answers to an event for an instance that is not there, or has ended
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_connections = threading.local()  # of each thread to the host, by its address


class _Kept(HTTPConnection):
    """A connection that is closed when its thread has ended."""

    def __del__(self) -> None:
        self.close()


def list_instances(client: Any, prefix: str, show_input: bool = False) -> Iterator[Mapping[str, Any]]:
    """All instances whose ids begin with `prefix`. It blocks. Raises NotReady if the task hub does not answer."""
    for page in list_pages(client, prefix=prefix, show_input=show_input):
        yield from page


def list_pages(client: Any, **filters: Any) -> Iterator[list[Mapping[str, Any]]]:
    """All instances that the filters of `read_page` let pass, page by page. It blocks. Raises NotReady if the task hub
    does not answer.
    """
    following = ""
    while True:
        page, following = read_page(client, following, **filters)
        yield page
        if not following:
            return


def read_page(
    client: Any,
    continuation: str = "",
    *,
    statuses: Iterable[str] = (),
    prefix: str = "",
    created_from: datetime | None = None,
    created_to: datetime | None = None,
    show_input: bool = False,
    most: int = _PAGE,
) -> tuple[list[Mapping[str, Any]], str]:
    """A page of instances as the host's HTTP API returns them, ordered by their ids, and the continuation that asks for
    the next page; empty if it is the last. They are in one of the runtime statuses (none: in any), their ids begin with
    `prefix`, and they were created within those times. It blocks. Raises NotReady if the task hub does not answer.

    A page may be shorter than `most`, even empty, and not be the last. At least one filter is needed: without one the
    host sends the inputs, which may be megabytes each. The SDK's own method reads the first page only, and all inputs.
    """
    # The SDK's client has no public attribute for the URL that it calls.
    url = f"{client._orchestration_bindings.rpc_base_url}instances"
    query = {"showInput": str(show_input).lower(), "top": str(most)}
    query |= {"runtimeStatus": ",".join(statuses)} if statuses else {}
    query |= {"instanceIdPrefix": prefix} if prefix else {}
    query |= {"createdTimeFrom": created_from.strftime(_TIME)} if created_from else {}
    query |= {"createdTimeTo": created_to.strftime(_TIME)} if created_to else {}
    headers = {"x-ms-continuation-token": continuation} if continuation else {}
    try:
        answer, content = _read_answer(f"{url}?{urlencode(query)}", headers)
        if answer.status != 200:
            raise NotReady(f"the task hub does not list its executions (status {answer.status})")
        return json.loads(content), answer.headers.get("x-ms-continuation-token", "")
    except (OSError, HTTPException, ValueError) as error:
        raise NotReady(f"the task hub does not list its executions ({type(error).__name__})") from error


def _read_answer(url: str, headers: Mapping[str, str]) -> tuple[HTTPResponse, bytes]:
    """The answer of the host to a GET, and its body. The connection is kept for the next GET of this thread. The host
    closes one that is not used for a while, maybe at this moment: then the GET is sent once more.
    """
    address, kept = urlsplit(url), vars(_connections)
    if address.netloc not in kept:
        kept[address.netloc] = _Kept(address.netloc, timeout=ANSWER_SECONDS)
    connection: HTTPConnection = kept[address.netloc]
    for is_new in (connection.sock is None, True):
        try:
            connection.request("GET", f"{address.path}?{address.query}", headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()
        except (OSError, HTTPException) as error:
            connection.close()
            if is_new or not isinstance(error, ConnectionError):
                raise
    raise AssertionError("the last try returns or raises")


def raise_events(client: Any, instance_ids: Iterable[str], name: str) -> Generator[None, None, None]:
    """Raise an external event of that name for each of the instances, one with each step of the generator. One that has
    ended is left out. It blocks. Raises NotReady if the task hub does not take it.

    The SDK's own method belongs to the event loop of the worker, since it shares a session.
    """
    url = urlsplit(f"{client._orchestration_bindings.rpc_base_url}instances")
    headers = {"Content-Type": "application/json"}
    with closing(HTTPConnection(url.netloc, timeout=ANSWER_SECONDS)) as connection:
        for instance_id in instance_ids:
            try:
                connection.request("POST", f"{url.path}/{instance_id}/raiseEvent/{name}", b"null", headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, HTTPException) as error:
                raise NotReady(f"the task hub does not take an event ({type(error).__name__})") from error
            if answer.status not in (202, *_ENDED):
                raise NotReady(f"the task hub does not take an event (status {answer.status})")
            yield
