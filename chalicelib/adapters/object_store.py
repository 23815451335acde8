"""S3 over obstore: its synchronous calls wait outside Python, so that many threads cost little (ADR 0015)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from chalicelib.domain.errors import StepFailed, Unavailable
from chalicelib.domain.reasons import Reason

if TYPE_CHECKING:
    from obstore.store import RetryConfig, S3Config, S3Credential

Credentials = Callable[[], "S3Credential"]


def open_bucket(
    name: str,
    *,
    region: str,
    credentials: Credentials,
    endpoint: str = "",
    tries: int = 8,
    patience: timedelta = timedelta(minutes=2),
) -> S3Store:
    """A bucket. A request ends within its patience and is tried again within it: a call takes twice that at most."""
    # The checksum is a signed header that S3 verifies: signing a hash of the same bytes again proves no more.
    config: S3Config = {"region": region, "checksum_algorithm": "SHA256", "unsigned_payload": True}
    if endpoint:
        config["endpoint"] = endpoint
    else:
        # The certificate of *.s3.REGION.amazonaws.com does not cover names with dots.
        config["virtual_hosted_style_request"] = "." not in name
    retry: RetryConfig = {"max_retries": tries, "retry_timeout": patience}
    return S3Store(
        name,
        config=config,
        credential_provider=credentials,
        client_options={
            "allow_http": endpoint.startswith("http://"),
            "pool_max_idle_per_host": "256",
            "timeout": patience,
        },
        retry_config=retry,
    )


@contextmanager
def errors(step: str) -> Iterator[None]:
    """What is not there stays a FileNotFoundError; a refusal does not pass by itself, all else may."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise StepFailed(Reason.INTERNAL, step=step, what=first_line(error)) from error
    except (BaseError, OSError, ValueError) as error:
        raise Unavailable(f"{step}: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """What obstore says goes on for a page."""
    return (str(error).splitlines() or [type(error).__name__])[0][:300]


def endpoint_of(environment: Mapping[str, str]) -> str:
    """Another S3 than AWS's, as every SDK of AWS takes it (AWS SDKs and Tools Reference Guide, "Service-specific
    endpoints"); empty where there is none."""
    return environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or ""


def from_environment(environment: Mapping[str, str]) -> Credentials:
    """The keys that Lambda, or CI, puts into the environment; read again for each request."""

    def read() -> "S3Credential":
        return {
            "access_key_id": environment["AWS_ACCESS_KEY_ID"],
            "secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
            "token": environment.get("AWS_SESSION_TOKEN"),
            "expires_at": None,
        }

    return read
