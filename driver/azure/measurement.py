"""What is measured of each call to ARM, and each try of it."""

import time
from typing import Any

from driver import metrics
from driver.azure.throttling import read_type


class Measurement:
    """A policy of the SDK's pipeline, the last one before the transport."""

    next: Any = None  # the policy that follows, which the SDK sets

    def send(self, request: Any) -> Any:
        sent, began = request.http_request, time.perf_counter()
        status, error = "", ""
        try:
            response = self.next.send(request)
            status = str(response.http_response.status_code)
            return response
        except Exception as broken:
            error = type(broken).__name__
            raise
        finally:
            seconds = time.perf_counter() - began
            metrics.record(metrics.CALLS, seconds, str(sent.method), read_type(str(sent.url)), status, error)
