"""Keep chat true to the table: each record that changed is rendered again and posted, or updated in place.

Called with what changed, once or many times, in any order: a message that says the same already is left alone. A chat
that is down makes this raise Unavailable, so that the table's stream brings the change again; a deployment never waits.
What chat refuses for good (a channel that is gone) is logged and left.

A message is posted once, whatever dies: the intent to post is written first, with a key that goes into the message; an
intent that has no timestamp yet is looked for in chat, and what is found is adopted (invariants I6 and I11).
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import replace

from chalicelib.domain.approval import SECOND_PERSON
from chalicelib.domain.deployment import Deployment, Ref
from chalicelib.domain.errors import Refused
from chalicelib.domain.findings import FindingKey
from chalicelib.telemetry import log
from chalicelib.usecases.auditing import last_line
from chalicelib.usecases.findings import finding_message
from chalicelib.usecases.messages import build_message, deployment_message, output_message, question_message
from chalicelib.usecases.ports import Chat, Clock, Message, Posted, Store

_MAIN = "main"
_BUILDS = "builds"
_NOBODY = "nobody"
_CLOCKS_DIFFER = 60.0
"""Seconds: chat's clock gives the timestamps, ours the time of an intent."""


class Announcer:
    """Renders records and remembers what it posted where."""

    def __init__(self, store: Store, chat: Chat, clock: Clock) -> None:
        self._store = store
        self._chat = chat
        self._clock = clock

    def deployments(self, refs: Iterable[Ref]) -> None:
        """Show each of these deployments as it is now."""
        for ref in sorted(set(refs)):
            deployment = self._store.deployment(ref)
            if deployment is not None and deployment.channel:
                try:
                    self._deployment(deployment)
                except Refused as refused:
                    log("error", "chat refused a message", said=refused.text, deployment=ref.deployment)

    def builds(self, builds: Iterable[tuple[str, str]]) -> None:
        """Announce each of these builds (service, version)."""
        for service, version in sorted(set(builds)):
            build = self._store.build(service, version)
            if build is not None:
                team = self._store.team()
                message = build_message(build, team.services().get(service, ()))
                try:
                    self._show(Ref(service, _BUILDS, version), _MAIN, team.channel, message)
                except Refused as refused:
                    log("error", "chat refused a message", said=refused.text, build=f"{service}@{version}")

    def findings(self, keys: Iterable[FindingKey]) -> None:
        """Show each of these findings as it is now, in the thread of its deployment."""
        for key in sorted(set(keys)):
            finding = self._store.finding(key)
            if finding is not None:
                ref = Ref(finding.service, finding.environment, finding.deployment or _NOBODY)
                try:
                    channel = self._store.team().environment(ref.service, ref.environment).channel
                    main = self._store.post(ref, _MAIN)
                    thread = main.timestamp if main is not None and main.channel == channel else ""
                    name = f"finding-{finding.trouble}-{finding.found_at:.0f}"
                    self._show(ref, name, channel, finding_message(finding), thread=thread)
                except Refused as refused:
                    log("error", "chat refused a message", said=refused.text, finding=key.key)

    def _deployment(self, deployment: Deployment) -> None:
        questions = self._store.questions(deployment.ref)
        now = self._clock.now()
        recorded = last_line(self._store, deployment.ref) if deployment.ended else None
        message = deployment_message(deployment, questions, now, recorded)
        main = self._show(deployment.ref, _MAIN, deployment.channel, message)
        for question in questions:
            if question.kind in SECOND_PERSON:
                self._show(
                    deployment.ref,
                    f"question-{question.code}",
                    deployment.channel,
                    question_message(question, deployment, now),
                    thread=main.timestamp,
                )
        if deployment.output:
            self._show(
                deployment.ref,
                "output",
                deployment.channel,
                output_message(deployment),
                thread=main.timestamp,
            )

    def _show(self, ref: Ref, key: str, channel: str, message: Message, *, thread: str = "") -> Posted:
        """Post a message, or bring the one posted under the key up to date."""
        digest = hashlib.sha256(repr(message).encode()).hexdigest()[:32]
        before = self._store.post(ref, key)
        if before is not None and before.timestamp and before.digest == digest:
            return before
        posted = before if before is not None else self._intend(ref, key, channel)
        timestamp = posted.timestamp or (self._adopt(posted, thread) if before is not None else None)
        if timestamp:
            if posted.digest:
                # Until chat has answered nobody knows what it shows: without this an answer that was lost, and a record
                # that comes back to what it said before, would leave the message as it was in between.
                self._store.save_post(ref, key, replace(posted, digest=""))
            self._chat.update(posted.channel, timestamp, message)
        else:
            broadcast = bool(message.actions and thread)
            timestamp = self._chat.post(
                posted.channel, message, key=posted.key, thread=thread, broadcast=broadcast
            )
        posted = replace(posted, timestamp=timestamp, digest=digest)
        self._store.save_post(ref, key, posted)
        return posted

    def _intend(self, ref: Ref, key: str, channel: str) -> Posted:
        """Write down that a message is about to be posted. Nobody can guess its key, so nobody else's is adopted."""
        intent = Posted(channel, key=secrets.token_hex(8), at=self._clock.now())
        self._store.save_post(ref, key, intent)
        return intent

    def _adopt(self, intent: Posted, thread: str) -> str | None:
        """The message of an intent whose writer died, or lost chat's answer, before it could note the timestamp."""
        return self._chat.find(intent.channel, intent.key, thread=thread, since=intent.at - _CLOCKS_DIFFER)
