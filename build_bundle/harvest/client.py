"""The only door to the network of a harvest: polite, bounded, patient with faults that pass.

A request is tried again after timeouts, broken connections, replies cut short or not readable, and the statuses a
service gives when it is busy; ``Retry-After`` is obeyed. Everything else is final at once. Redirections and files are
followed to known hosts only (`Settings.hosts`). Not here: what is asked (``eutils``, ``ena``, ...).
"""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TypeVar

import httpx
import tenacity

from build_bundle.harvest.pace import Pace
from build_bundle.harvest.replies import ReplyStore
from build_bundle.harvest.settings import KEYED_RATE, Settings
from core.errors import FetchError

T = TypeVar("T")
_PASSING_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
_MB = 1 << 20


class PassingError(FetchError):
    """A fault that may be gone at the next try.

    Parameters
    ----------
    message, next_step, code
        As in `ScQueryError`.
    retry_after_s : float or None
        How long the service asked to wait.
    """

    def __init__(
        self, message: str, *, next_step: str = "", code: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, next_step=next_step, code=code)
        self.retry_after_s = retry_after_s


class BadReplyError(PassingError):
    """A reply that is not what such a service answers; often a page of an overloaded proxy."""

    default_code = "bad-reply"


class Client:
    """Ask services and remember their replies.

    Parameters
    ----------
    settings : Settings
        Addresses, manners and bounds.
    replies : ReplyStore
        Where replies are kept.

    Notes
    -----
    `n_asked` counts requests that went to the network, tries included. While `renewing` is set, kept replies are not
    used, but replaced.
    """

    def __init__(self, settings: Settings, replies: ReplyStore) -> None:
        self.settings = settings
        self.replies = replies
        self.n_asked = 0
        self.renewing = False
        self._secrets = _identity(settings)
        rate = settings.manners.rate_per_s
        self._pace = Pace(
            KEYED_RATE if "api_key" in self._secrets and rate == type(settings.manners).rate_per_s else rate
        )
        self._http = httpx.Client(
            headers={"User-Agent": settings.user_agent},
            timeout=settings.manners.timeout_s,
            follow_redirects=True,
            max_redirects=5,
            event_hooks={"request": [self._before]},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def ask(self, url: str, params: Mapping[str, str], read: Callable[[bytes], T], *, keep: bool = True) -> T:
        """Return what `read` makes of a reply.

        Parameters
        ----------
        url : str
            Without a query.
        params : mapping of str to str
            The query, without key and address of mail.
        read : callable
            Reads the body; raises `BadReplyError` where it is not readable, which counts as a fault that may pass.
        keep : bool
            Use the reply kept on disk, and keep this one. Not for searches, whose answer changes.

        Returns
        -------
        object
            The result of `read`.

        Raises
        ------
        FetchError
            After the last try; its code says why.
        """
        kept = self.replies.find(url, params) if keep and not self.renewing else None
        if kept is not None:
            return read(kept)

        def attempt() -> tuple[bytes, T]:
            body = self._body(url, params)
            return body, read(body)

        body, result = self.patiently(attempt)
        if keep:
            self.replies.keep(url, params, body)
        return result

    def patiently(self, attempt: Callable[[], T]) -> T:
        """Run something that asks the network until it succeeds or the tries are used up."""
        manners = self.settings.manners
        jitter = tenacity.wait_random_exponential(multiplier=manners.backoff_s, max=manners.backoff_max_s)

        def pause(state: tenacity.RetryCallState) -> float:
            asked = _asked_pause(state)
            return jitter(state) if asked is None else asked + random.uniform(0, manners.backoff_s)  # noqa: S311

        def is_over(state: tenacity.RetryCallState) -> bool:
            return state.attempt_number >= manners.attempts or (_asked_pause(state) or 0) > manners.retry_after_max_s

        retry = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(PassingError),
            wait=pause,
            stop=is_over,
            sleep=time.sleep,
            reraise=True,
        )
        return retry(attempt)

    def stream(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str], use: Callable[[httpx.Response], T]
    ) -> T:
        """Send one request and hand its open reply to `use`; failures of the connection become errors with a code."""
        secrets = self._secrets if url.startswith(self.settings.base("eutils")) else {}
        try:
            with self._http.stream("GET", url, params={**params, **secrets} or None, headers=dict(headers)) as reply:
                _refuse_status(reply, url)
                return use(reply)
        except httpx.TimeoutException as error:
            raise PassingError(f"{_shown(url)} did not answer in time.", code="timeout") from error
        except httpx.RemoteProtocolError as error:
            raise PassingError(f"The reply of {_shown(url)} was cut short.", code="truncated") from error
        except httpx.TooManyRedirects as error:
            raise FetchError(f"{_shown(url)} leads in circles.", code="bad-reply") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise PassingError(f"{_shown(url)} cannot be reached: {error}.", code="connection") from error
        except httpx.InvalidURL as error:
            raise FetchError(f"{_shown(url)} is not an address.", code="bad-reply") from error

    def _body(self, url: str, params: Mapping[str, str]) -> bytes:
        return self.stream(url, params, {}, self._read_bounded)

    def _read_bounded(self, reply: httpx.Response) -> bytes:
        bound = self.settings.bounds.reply_mb * _MB
        parts, size = [], 0
        for part in reply.iter_bytes():
            size += len(part)
            if size > bound:
                raise FetchError(
                    f"The reply of {_shown(str(reply.url))} is larger than {bound // _MB} MB.", code="too-large"
                )
            parts.append(part)
        return b"".join(parts)

    def _before(self, request: httpx.Request) -> None:
        """Check the host and keep the pace of every request, redirections included."""
        if request.url.netloc.decode() not in self.settings.hosts:
            raise FetchError(
                f"A service leads to {request.url.host}, which is not among the hosts that are asked.",
                code="host-not-allowed",
            )
        self._pace.wait()
        self.n_asked += 1


def _identity(settings: Settings) -> dict[str, str]:
    """Return what NCBI asks every client to say; it is no part of what is kept on disk."""
    found = {"tool": settings.manners.tool, "email": settings.manners.email, "api_key": settings.key()}
    return {name: value for name, value in found.items() if value}


def _asked_pause(state: tenacity.RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after_s if isinstance(error, PassingError) else None


def _refuse_status(reply: httpx.Response, url: str) -> None:
    if reply.is_success:
        return
    sentence = f"{_shown(url)} answered {reply.status_code} {reply.reason_phrase}.".replace(" .", ".")
    code = f"http-{reply.status_code}"
    if reply.status_code in _PASSING_STATUSES:
        raise PassingError(sentence, code=code, retry_after_s=_retry_after(reply.headers.get("Retry-After", "")))
    raise FetchError(sentence, code=code)


def _retry_after(text: str) -> float | None:
    """Read seconds or a date (RFC 9110, 10.2.3)."""
    if text.strip().isdigit():
        return float(text)
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _shown(url: str) -> str:
    """Return an address fit for a message: without its query, which may hold a key."""
    return url.partition("?")[0]
