"""What calls the function that updates the service."""

from chalicelib.wire.pipeline_event import build_of


def test_an_event_names_its_build() -> None:
    """By its ARN ("Build notifications input format reference")."""
    arn = "arn:aws:codebuild:us-west-2:123456789012:build/pointsman-updates:8745a7a9-c340-456a-9166-edf953571bEX"
    event = {"source": "aws.codebuild", "detail": {"build-status": "SUCCEEDED", "build-id": arn}}
    assert build_of(event) == "pointsman-updates:8745a7a9-c340-456a-9166-edf953571bEX"


def test_the_stream_names_none() -> None:
    """What has changed is read from the table."""
    assert build_of({"Records": [{"eventSource": "aws:dynamodb"}]}) == ""
