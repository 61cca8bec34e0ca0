"""A small OpenID Connect provider over HTTP: real signatures, PKCE checked, one person at a time."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any
from urllib.parse import urlencode

import uvicorn
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "vedette", "a secret of ours"


class Provider:
    """`claims` is what it says of whoever signs in; `wrong` names what it does wrong."""

    def __init__(self, now: float) -> None:
        self.now, self.key, self.other = int(now), RSAKey.generate_key(2048), RSAKey.generate_key(2048)
        self.claims: dict[str, Any] = {}
        self.wrong = ""
        self._asked: dict[str, dict[str, str]] = {}
        routes = [
            Route("/.well-known/openid-configuration", self._described),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
            Route("/keys", self._keys),
        ]
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.issuer = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_config=None))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> Provider:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            assert time.monotonic() < deadline, "the provider did not start"
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()

    def _described(self, _: Request) -> Response:
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        issuer = "https://elsewhere.example" if self.wrong == "issuer" else self.issuer
        return JSONResponse({"issuer": issuer, **{name: f"{self.issuer}/{path}" for name, path in places.items()}})

    def _keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [{**self.key.as_dict(private=False), "kid": "one", "alg": "RS256"}]})

    def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert (asked["client_id"], asked["code_challenge_method"]) == (CLIENT, "S256")
        code = f"code{len(self._asked)}"
        self._asked[code] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", 303)

    async def _token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        asked = self._asked.pop(form["code"], None)
        good = asked is not None and create_s256_code_challenge(form["code_verifier"]) == asked["code_challenge"]
        if asked is None or not good or form["redirect_uri"] != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": self.now, "exp": self.now + 300, "nonce": asked["nonce"]}
        claims |= self.claims
        claims |= {
            "audience": {"aud": "another program"},
            "nonce": {"nonce": "another"},
            "old": {"exp": self.now - 3600},
        }.get(self.wrong, {})
        key = self.other if self.wrong == "signature" else self.key
        header = {"alg": "RS256", "kid": "one"}
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": jwt.encode(header, claims, key)})
