"""Pages for people, one module per noun; each module's `router` is found by `web.app`."""
