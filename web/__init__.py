"""Analysts' pages and the HTTP API: server-rendered, no SQL, and it sends nothing itself.

`web.app.make_app` builds the application, `web.serve.main` is the daemon's role. Pages live in `web.pages`, one module
per noun; the API in `web.api`.
"""
