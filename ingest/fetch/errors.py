"""What fetching may end in, beside an answer."""

from samestory.errors import Quarantine, Retry


class FetchFailed(Retry):
    """The server is away, slow or asks to wait.

    `retry_after_s` is for how long, None if it did not say; `host` is who said it, ""
    if nobody did.
    """

    def __init__(
        self, message: str, retry_after_s: float | None = None, host: str = ""
    ) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.host = host


class HostAway(FetchFailed):
    """No connection to `host`: every other URL of it will fail too."""

    def __init__(self, message: str, host: str) -> None:
        super().__init__(message, None, host)


class HostSlow(HostAway):
    """No answer from `host` in time; the page may be to blame as well."""


class FetchRefused(Quarantine):
    """This URL will not work: 404, too large, a redirect that leads nowhere.

    `status` is 0 where it was not the server that refused.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Elsewhere(Quarantine):
    """A redirect leads to another host, whose turn has to be waited for.

    `url` is where; `moved_to` is where permanent redirects alone lead, None if nowhere.
    """

    def __init__(self, url: str, moved_to: str | None = None) -> None:
        super().__init__(f"redirects to {url}")
        self.url = url
        self.moved_to = moved_to


class BotWall(FetchRefused):
    """The publisher asks for a person: a challenge, a captcha, a consent page."""


def asked_to_wait_s(error: Exception | None) -> float | None:
    """Return for how long a server asked to be left alone; None if none did."""
    return error.retry_after_s if isinstance(error, FetchFailed) else None
