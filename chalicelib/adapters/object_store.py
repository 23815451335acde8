"""S3 over obstore: its synchronous calls wait outside Python, so that many threads cost little (ADR 0015)."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.store import S3Store

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
    """A bucket; each call is tried again for as long as its patience lasts."""
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
