"""Where chat, CI and the state machine come in. Each body parses, makes one call, and renders.

All functions stand in this file: one that a Chalice blueprint registers would not import `app.py` on AWS.
"""

from typing import Any

from chalice.app import Chalice, Rate, Response

from chalicelib import bootstrap
from chalicelib.wire.receiver import Answer

app = Chalice(app_name="pointsman")

_FORM = ["application/x-www-form-urlencoded"]
_JSON = ["application/json"]


def _request() -> tuple[dict[str, str], bytes]:
    """Headers and the raw bytes, which are what a signature covers."""
    request: Any = app.current_request
    try:
        return dict(request.headers), request.raw_body
    except ValueError:  # text that was never bytes, or no base64: nothing that anybody can have signed
        return {}, b""


def _respond(answer: Answer) -> Response:
    return Response(
        body=answer.body, status_code=answer.status, headers={"Content-Type": answer.content_type}
    )


# --- chat: a service brings its own doors, by the names that its receiver reads them by (docs/chat-services.md) ------


@app.route("/slack/commands", methods=["POST"], content_types=_FORM)
def slack_commands() -> Response:
    """A slash command."""
    return _respond(bootstrap.edge().chat("commands", *_request()))


@app.route("/slack/interactions", methods=["POST"], content_types=_FORM)
def slack_interactions() -> Response:
    """A button, or a form that was submitted."""
    return _respond(bootstrap.edge().chat("interactions", *_request()))


@app.route("/slack/events", methods=["POST"], content_types=_JSON)
def slack_events() -> Response:
    """What Slack tells by itself: somebody opened the home tab."""
    return _respond(bootstrap.edge().chat("events", *_request()))


# --- CI ---------------------------------------------------------------------------------------------------------------


@app.route("/hooks/ci/{source}", methods=["POST"], content_types=_JSON)
def ci_hook(source: str) -> Response:
    """A report of a build or of a frontend's release."""
    return _respond(bootstrap.edge().build(source, *_request()))


# --- the state machines' functions, chat's and the sweeper ------------------------------------------------------------


@app.lambda_function(name="planner")
def planner(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Look at the live fleet."""
    return bootstrap.step("planner", event, context)


@app.lambda_function(name="ledger")
def ledger(event: dict[str, Any], context: object) -> dict[str, Any]:
    """What the table and people decide."""
    return bootstrap.step("ledger", event, context)


@app.lambda_function(name="fleet")
def fleet(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Launch and label."""
    return bootstrap.step("fleet", event, context)


@app.lambda_function(name="hosts")
def hosts(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Run documents on new hosts."""
    return bootstrap.step("hosts", event, context)


@app.lambda_function(name="drain")
def drain(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Ask hosts that stand by to send their clients away."""
    return bootstrap.step("drain", event, context)


@app.lambda_function(name="traffic")
def traffic(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Move traffic."""
    return bootstrap.step("traffic", event, context)


@app.lambda_function(name="retire")
def retire(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Mark what is to end."""
    return bootstrap.step("retire", event, context)


@app.lambda_function(name="terminate")
def terminate(event: dict[str, Any], context: object) -> dict[str, Any]:
    """End what is marked."""
    return bootstrap.step("terminate", event, context)


@app.lambda_function(name="frontend")
def frontend(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Bring a frontend's release and make it live."""
    return bootstrap.step("frontend", event, context)


@app.lambda_function(name="cleanup")
def cleanup(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Delete what no kept release needs."""
    return bootstrap.step("cleanup", event, context)


@app.lambda_function(name="chat")
def chat(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Keep the channel true to the table."""
    return bootstrap.announce(event, context)


@app.lambda_function(name="updater")
def updater(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Update the service itself."""
    return bootstrap.update(event, context)


@app.schedule(Rate(1, unit=Rate.MINUTES), name="sweeper")
def sweeper(event: Any) -> dict[str, int]:
    """Find what was left behind."""
    return bootstrap.sweep(event.context)
