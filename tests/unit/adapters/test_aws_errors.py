"""What becomes of boto's errors."""

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from chalicelib.adapters.boto_errors import aws
from chalicelib.domain.errors import Refused, StepFailed, Unavailable
from chalicelib.domain.reasons import Reason

URL = "https://ec2.us-east-1.amazonaws.com"


def refusal(code: str, status: int = 400, message: str = "no") -> ClientError:
    """An error as a service answers it."""
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "Operation",
    )


@pytest.mark.parametrize(
    "error",
    [
        refusal("RequestLimitExceeded", 503),
        refusal("ThrottlingException"),
        refusal("Throttling"),
        refusal("PriorRequestNotComplete"),
        refusal("SomethingNew", 500),
        refusal("SomethingNew", 429),
        ConnectTimeoutError(endpoint_url=URL),
        ReadTimeoutError(endpoint_url=URL),
        EndpointConnectionError(endpoint_url=URL, error="refused"),
        ResponseParserError("not XML"),
    ],
    ids=lambda error: f"{type(error).__name__} {error}"[:60],
)
def test_what_may_pass_is_unavailable(error: Exception) -> None:
    """Throttling, faults of the service and a lost connection are tried again."""
    with pytest.raises(Unavailable, match="DescribeInstances"), aws("DescribeInstances"):
        raise error


@pytest.mark.parametrize(
    "error",
    [refusal("UnauthorizedOperation", 403), NoCredentialsError(), ParamValidationError(report="x")],
    ids=lambda error: type(error).__name__,
)
def test_what_does_not_pass_fails_the_step(error: Exception) -> None:
    """A denial or a mistake of ours is not tried again."""
    with pytest.raises(StepFailed) as caught, aws("DescribeInstances"):
        raise error
    assert caught.value.reason is Reason.INTERNAL
    assert "DescribeInstances" in caught.value.text


def test_named_codes_have_their_reason() -> None:
    """A code that a call names becomes its failure or refusal, even where its status is 500."""
    failures = {"InsufficientInstanceCapacity": Reason.LAUNCH_FAILED}
    with (
        pytest.raises(StepFailed, match="InsufficientInstanceCapacity") as failed,
        aws("Run", failures=failures),
    ):
        raise refusal("InsufficientInstanceCapacity", 500)
    assert failed.value.reason is Reason.LAUNCH_FAILED
    refusals = {"LoadBalancerNotFound": Reason.TRAFFIC_UNCLEAR}
    with pytest.raises(Refused) as refused, aws("Describe", refusals=refusals):
        raise refusal("LoadBalancerNotFound")
    assert refused.value.reason is Reason.TRAFFIC_UNCLEAR


def test_a_code_that_passes_for_one_call_is_unavailable() -> None:
    """What is not found just after it was made is asked again."""
    with pytest.raises(Unavailable), aws("CreateTags", passing=frozenset({"InvalidInstanceID.NotFound"})):
        raise refusal("InvalidInstanceID.NotFound")


def test_the_encoded_part_of_a_denial_is_left_out() -> None:
    """EC2 adds some thousand characters that nobody in chat can read."""
    message = "You are not authorized. Encoded authorization failure message: abcdef"
    with pytest.raises(StepFailed) as caught, aws("RunInstances"):
        raise refusal("UnauthorizedOperation", 403, message)
    assert "abcdef" not in caught.value.text
    assert "You are not authorized" in caught.value.text


def test_our_own_errors_pass_through() -> None:
    """What an adapter itself raises inside is not changed."""
    with pytest.raises(ZeroDivisionError), aws("Anything"):
        raise ZeroDivisionError
