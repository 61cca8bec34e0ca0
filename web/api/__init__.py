"""The HTTP API under `/api/v1`, one module per noun; each module's `router` is found by `web.app`."""
