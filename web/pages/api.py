"""What the API can do, for people: made from its own description."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from web.site import render
from web.visitor import Reader

router = APIRouter(include_in_schema=False)


@router.get("/api")
def api(request: Request, found: Reader) -> Response:
    """All operations, and how to ask."""
    document = request.app.openapi()
    rows = [
        (method.upper(), path, operation.get("description", ""))
        for path, methods in document.get("paths", {}).items()
        for method, operation in methods.items()
    ]
    return render(request, "api.html", found, rows=rows, base=str(request.base_url).rstrip("/"))
