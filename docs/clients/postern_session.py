"""A session of a Postern server, for requests and everything that is built on it."""

import threading
import time

import requests

REFRESH = """mutation RefreshSession($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) { accessToken refreshToken expiresIn } }"""

TIMEOUT_SECONDS = 30


class GraphQLError(Exception):
    """An answer with errors. `data` has what was answered beside them."""

    def __init__(self, errors, data=None):
        super().__init__(errors[0]["message"])
        self.errors = errors
        self.data = data
        self.code = errors[0].get("extensions", {}).get("code")


class SessionEnded(Exception):
    """The session is over. `reason` is EXPIRED, SESSION_REVOKED, REUSED or UNKNOWN."""

    def __init__(self, reason):
        super().__init__(f"The session has ended: {reason}")
        self.reason = reason


class SessionAuth(requests.auth.AuthBase):
    """Signs requests, renews the tokens once for all threads, and sends a request again if its token was rejected."""

    def __init__(self, url, tokens):
        """Starts with the tokens of `login`, or with a stored refresh token, accessToken "" and expiresIn 0."""
        self.url = url
        self.ended = None
        self._lock = threading.Lock()
        self._keep(tokens)

    def token(self, rejected=None):
        """Returns an access token that is good and not the rejected one. Raises SessionEnded."""
        with self._lock:
            if self.ended is not None:
                raise SessionEnded(self.ended)
            if self.tokens["accessToken"] == rejected or time.monotonic() >= self._renew_at:
                self._renew()
            return self.tokens["accessToken"]

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self.token()}"
        request.register_hook("response", self._answer)
        return request

    def _answer(self, response, **options):
        if response.status_code != 401:
            return response
        again = response.request.copy()
        token = self.token(rejected=again.headers["Authorization"].removeprefix("Bearer "))
        again.headers["Authorization"] = f"Bearer {token}"
        # Its connection may be used again once the answer is read.
        response.content
        response.close()
        return response.connection.send(again, **options)

    # Times are counted from now on: no clock is compared with the server's.
    def _keep(self, tokens):
        lifetime = tokens["expiresIn"]
        self.tokens = tokens
        self._renew_at = time.monotonic() + lifetime - min(10, lifetime / 10)

    # The old tokens are kept until the new ones are there, so a lost answer ends no session.
    def _renew(self):
        try:
            data = execute(self.url, REFRESH, {"refreshToken": self.tokens["refreshToken"]})
        except GraphQLError as error:
            if error.code != "INVALID_REFRESH_TOKEN":
                raise
            self.ended = error.errors[0]["extensions"]["reason"]
            raise SessionEnded(self.ended) from error
        self._keep(data["refreshSession"])


def execute(url, query, variables=None, auth=None):
    """Sends an operation and returns its data. Raises GraphQLError, SessionEnded, or an error of requests."""
    body = {"query": query, "variables": variables or {}}
    headers = {"Accept": "application/graphql-response+json"}
    response = requests.post(url, json=body, headers=headers, auth=auth, timeout=TIMEOUT_SECONDS)
    if "json" not in response.headers.get("Content-Type", ""):
        response.raise_for_status()
        raise requests.RequestException(f"{url} didn't answer with JSON: is it a GraphQL endpoint?")
    answer = response.json()
    if answer.get("errors"):
        raise GraphQLError(answer["errors"], answer.get("data"))
    return answer["data"]
