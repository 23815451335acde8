"""Services whose calls happen one at a time.

moto keeps plain dictionaries and checks conditions without locks, so two threads could both win a conditional
write. AWS promises that only one does; a lock for each service keeps that promise. Lambda and Step Functions are
not here: their calls wait for work that calls back.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from threading import RLock

_ATOMIC = {name: RLock() for name in ("dynamodb", "ec2", "elbv2", "route53", "secretsmanager", "sqs", "iam")}


def atomic(service: str) -> AbstractContextManager[object]:
    """Return the lock of a service (botocore's name), or nothing to wait for."""
    return _ATOMIC.get(service) or nullcontext()
