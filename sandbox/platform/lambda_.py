"""Lambda that really runs: functions of moto's Lambda API, executed in worker processes from their unpacked package.

Source: docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (X-Amz-Function-Error, invocation types, qualifiers),
.../dg/configuration-versions.html (a version's code, layers and settings never change; no qualifier means $LATEST) and
.../dg/invocation-async-error-handling.html (two more attempts, after one and after two minutes).
"""

from __future__ import annotations

import base64
import json
import threading
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import LambdaBackend
from moto.awslambda.responses import LambdaResponse
from moto.awslambda_simple.models import LambdaSimpleBackend, lambda_simple_backends
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from sandbox.front import endpoints
from sandbox.platform.override import override
from sandbox.platform.pool import FunctionSpec, Reply, WorkerPool

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from moto.awslambda.models import LambdaFunction, LayerVersion

    from sandbox.clock import VirtualClock

RETRY_PAUSES = (
    60,
    120,
)  # virtual seconds before the second and the third attempt of an asynchronous invocation


class Functions:
    """Every deployed function: finds its code in moto, unpacks it once, runs it in the pool."""

    def __init__(
        self, *, account: str, region: str, endpoint: str, folder: Path, pool: WorkerPool, clock: VirtualClock
    ) -> None:
        self._backend = lambda_simple_backends[account][region]
        self._region = region
        self._endpoint = endpoint
        self._folder = folder
        self._code = folder / "functions"
        self._pool = pool
        self._clock = clock
        self._unpacking = threading.Lock()

    def names(self) -> set[str]:
        """Names of all functions: who counts as the product."""
        return {function.function_name for function in self._backend.list_functions()}

    def invoke(self, name_or_arn: str, event: Any, qualifier: str | None = None) -> Reply:
        """Run a function and wait for its answer; raises UnknownFunctionException."""
        return self._pool.invoke(self._spec(name_or_arn, qualifier), event)

    def invoke_later(self, name_or_arn: str, event: Any, qualifier: str | None = None) -> None:
        """Run a function in the background, up to three times while it fails."""
        spec = self._spec(name_or_arn, qualifier)

        def attempt() -> None:
            for pause in (*RETRY_PAUSES, None):
                if not self._pool.invoke(spec, event).failed or pause is None:
                    return
                self._clock.sleep(pause)

        threading.Thread(target=attempt, daemon=True).start()

    def _spec(self, name_or_arn: str, qualifier: str | None) -> FunctionSpec:
        """Of $LATEST, or of the version that the name, the ARN or the qualifier says."""
        name, _, version = (name_or_arn.partition(":function:")[2] or name_or_arn).partition(":")
        function = self._backend.get_function(name, version or qualifier)
        layers = [self._backend.layers_versions_by_arn(layer["Arn"]) for layer in function.layers]
        layer_folders = [folder for layer in layers if layer for folder in _importable(self._unpack(layer))]
        return FunctionSpec(
            name=name,
            arn=function.function_arn,
            handler=str(function.handler),
            folders=(self._unpack(function), *layer_folders),
            environment=self._environment(name, function.environment_vars or {}),
            timeout=float(function.timeout),
            memory=int(function.memory_size),
            version=str(function.version),
        )

    def _environment(self, name: str, variables: Mapping[str, str]) -> dict[str, str]:
        """The template's variables, and credentials whose key id tells who calls: the function's name."""
        edge = endpoints.read(self._folder).get("cloudfront", self._endpoint)
        return {
            **variables,
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_ENDPOINT_URL_CLOUDFRONT": edge,
            "AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE": edge,
            "AWS_ACCESS_KEY_ID": name,
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
        }

    def _unpack(self, code: LambdaFunction | LayerVersion) -> Path:
        """Where it is unpacked: named by moto's hash, since this is asked at each invocation."""
        target = self._code / base64.b64decode(code.code_sha_256).hex()[:16]
        with self._unpacking:
            if not target.exists():
                partial = target.with_suffix(".partial")
                with zipfile.ZipFile(BytesIO(code.code_bytes)) as package:
                    package.extractall(partial)
                partial.rename(target)
        return target


def _importable(layer: Path) -> list[Path]:
    """Folders of a layer that Lambda's Python imports from: .../dg/packaging-layers.html."""
    return [layer / "python", *layer.glob("python/lib/python3.*/site-packages")]


def install(functions: Functions) -> None:
    """Bind the functions into moto's Lambda API and into its Step Functions interpreter."""

    def invoke(
        _self: LambdaSimpleBackend,
        function_name: str,
        qualifier: str | None,
        body: str | bytes,
        headers: Mapping[str, str],
        response_headers: dict[str, str],
    ) -> bytes:
        event = json.loads(body or "{}")
        if headers.get("X-Amz-Invocation-Type") == "Event":
            functions.invoke_later(function_name, event, qualifier)
            return b""
        reply = functions.invoke(function_name, event, qualifier)
        response_headers["x-amz-executed-version"] = reply.version
        if reply.failed:
            response_headers["x-amz-function-error"] = "Unhandled"
        return reply.payload.encode()

    def invoke_from_machine(parameters: dict[str, Any], **_where: Any) -> dict[str, Any]:
        name = parameters["FunctionName"]
        try:
            reply = functions.invoke(name, json.loads(parameters.get("Payload") or "{}"))
        except UnknownFunctionException as error:
            raise _not_found(name) from error
        payload = json.loads(reply.payload)
        response = {"StatusCode": 200, "ExecutedVersion": reply.version, "Payload": payload}
        return {**response, "FunctionError": "Unhandled"} if reply.failed else response

    def invoke_as_asked(self: LambdaResponse) -> Any:
        """Lambda calls it `Qualifier`, and moto reads `qualifier`."""
        self.querystring["qualifier"] = self.querystring.get("Qualifier")
        return asked(self)

    asked = LambdaResponse.invoke
    override(LambdaResponse, "invoke", invoke_as_asked)
    override(LambdaSimpleBackend, "invoke", invoke)
    override(
        LambdaBackend, "send_dynamodb_items", lambda *_: None
    )  # the stream poller does this, with retries
    override(lambda_eval_utils, "_invoke_lambda_function", invoke_from_machine)


def _not_found(name: str) -> ClientError:
    message = f"Function not found: {name}"
    metadata = {"HTTPStatusCode": 404, "RequestId": "sandbox"}
    error = {"Error": {"Code": "ResourceNotFoundException", "Message": message}, "ResponseMetadata": metadata}
    return ClientError(error, "Invoke")  # type: ignore[arg-type] # the shape that moto's interpreter reads
