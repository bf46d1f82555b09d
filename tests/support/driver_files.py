"""Driver files as Brent sends them: a base64 zip of Lifecycle/azure/."""

import base64
import io
import zipfile
from collections.abc import Mapping


def zipped(files: Mapping[str, bytes | str]) -> str:
    """Driver files of these contents, by path."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return base64.b64encode(stream.getvalue()).decode()
