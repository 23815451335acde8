"""Where the errors of boto end: an adapter's calls run inside `aws()`, and only the product's errors come out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from chalicelib.domain.errors import PointsmanError, Refused, StepFailed, Unavailable
from chalicelib.domain.reasons import Reason

TRANSIENT = frozenset(
    {
        "EC2ThrottledException",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransientError",
        "Unavailable",
    }
)
"""Codes that pass by themselves: botocore's own list of throttling codes ("Retries", boto3 guide) and what EC2, SSM,
ELB and Route 53 call a fault of their own."""

_LONGEST = 300


@contextmanager
def aws(
    step: str,
    *,
    failures: Mapping[str, Reason] | None = None,
    refusals: Mapping[str, Reason] | None = None,
    passing: frozenset[str] = frozenset(),
) -> Iterator[None]:
    """Run AWS calls named `step`: codes in `failures` become StepFailed and codes in `refusals` Refused with that
    reason (and `what`), codes in `passing` and all that may pass Unavailable, the rest StepFailed(INTERNAL)."""
    from botocore import exceptions, parsers  # noqa: PLC0415 - slow, and only where a client was made anyway

    try:
        yield
    except exceptions.ClientError as error:
        raise _translated(step, error, failures or {}, refusals or {}, passing) from error
    except parsers.ResponseParserError as error:
        raise Unavailable(f"{step}: the answer could not be read") from error
    except (exceptions.HTTPClientError, exceptions.ConnectionError, exceptions.IncompleteReadError) as error:
        raise Unavailable(f"{step}: {type(error).__name__}") from error
    except exceptions.BotoCoreError as error:
        raise StepFailed(Reason.INTERNAL, step=step, what=type(error).__name__) from error


def _translated(
    step: str,
    error: Exception,
    failures: Mapping[str, Reason],
    refusals: Mapping[str, Reason],
    passing: frozenset[str],
) -> PointsmanError:
    response = getattr(error, "response", {})
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in failures:
        return StepFailed(failures[code], step=step, what=_said(code, response))
    if code in refusals:
        return Refused(refusals[code], what=_said(code, response))
    if code in TRANSIENT or code in passing or status == 429 or status >= 500:
        return Unavailable(f"{step}: {code or status}")
    return StepFailed(Reason.INTERNAL, step=step, what=_said(code, response))


def _said(code: str, response: Mapping[str, Mapping[str, str]]) -> str:
    """The code with AWS's own sentence, less the encoded part that EC2 adds to a denial."""
    message = str(response.get("Error", {}).get("Message", "")).split("Encoded authorization")[0]
    return f"{code}: {message.strip()}"[:_LONGEST].rstrip(": .")
