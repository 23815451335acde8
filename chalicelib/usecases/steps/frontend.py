"""The function `frontend`: compare, copy, verify, point, invalidate, and look at the site as a browser does."""

from dataclasses import replace

from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, State, Trigger
from chalicelib.domain.errors import NotReady, StepFailed
from chalicelib.domain.plan import Plan
from chalicelib.domain.reasons import Reason
from chalicelib.domain.release import File, Manifest, address
from chalicelib.domain.settings import Site
from chalicelib.usecases.ports import Save
from chalicelib.usecases.release_ports import Bucket, Cdn, Viewer
from chalicelib.usecases.steps.beginning import begin, go_on
from chalicelib.usecases.steps.coupled import lead_of
from chalicelib.usecases.steps.live import keep, wanted_back, went_back, went_live
from chalicelib.usecases.steps.placing import Placing, part, parts, site_of
from chalicelib.usecases.steps.work import Result, Work

LONGEST = 60
"""Seconds that Lambda lets this function run (`.chalice/config.json`)."""
MOST_LOOKED_AT = 50
"""So many pages are asked for through the CDN: a look at the site, not a copy of it."""


class FrontendSteps:
    """The tasks of this function, each named like its state."""

    def __init__(self, bucket: Bucket, cdn: Cdn, viewer: Viewer) -> None:
        self._bucket = bucket
        self._cdn = cdn
        self._viewer = viewer

    def compare(self, work: Work) -> Result:
        """The plan: which release, instead of which, and how many files that changes."""
        deployment = work.deployment
        fresh = deployment.state is State.ACCEPTED and deployment.outcome is None
        if fresh and not deployment.plan_only:
            work.guard()
        lead = lead_of(work) if fresh and deployment.follows else None
        if fresh and deployment.plan is None:
            self._make_plan(work)
        if lead is not None:
            _refuse_unconfirmed(work, lead)
        placing = self._placing(work) if work.deployment.plan else None
        answer = begin(work, lead.confirmed_by if lead else None) if fresh else go_on(work)
        assets, pages = (placing.assets, placing.pages) if placing else ([], [])
        return {**(answer or {}), "assets": parts(assets), "pages": parts(pages)}

    def copy_assets(self, work: Work) -> Result:
        work.guard()
        placing = self._placing(work)
        self._bring(placing, placing.assets, work.event.part, placing.new)
        return None

    def check(self, work: Work) -> Result:
        """Everything that the new release's pages refer to is there, in both folders where there are two."""
        work.guard()
        placing = self._placing(work)
        work.move(Trigger.TEST)
        if placing.site.pointer and placing.old is not None:
            self._share(placing, placing.old)
        self._refuse_wrong(placing, placing.assets if placing.site.pointer else _assets(placing.new))
        return None

    def switch(self, work: Work) -> Result:
        """The last look before anybody is shown anything new."""
        if work.deployment.state not in {State.SWITCHING, State.BAKING}:
            work.guard()
            if work.settings.protected and work.deployment.confirmed_by is None:
                raise StepFailed(Reason.INTERNAL, step="Switching", what="nobody confirmed it")
            self._placing(work)
            _refuse_other(work, self._pointed(work))
            work.move(Trigger.PUBLISH)
        return None

    def copy_pages(self, work: Work) -> Result:
        placing = self._placing(work)
        self._bring(placing, placing.pages, work.event.part, placing.new)
        return None

    def point(self, work: Work) -> Result:
        """The release is live: one write, after every page was found to be there."""
        placing = self._placing(work)
        if work.deployment.state is State.SWITCHING:
            self._refuse_wrong(placing, placing.new.files)
            if placing.site.pointer:
                self._cdn.point(placing.site.pointer, placing.new.tag, instead_of=work.plan.old_version)
            work.move(Trigger.BAKE, Save(went_live(work)), switched_at=work.now)
        return None

    def invalidate(self, work: Work) -> Result:
        self._forget(work, "live")
        return None

    def await_invalidated(self, work: Work) -> Result:
        self._await_forgotten(work, "live")
        return None

    def bake(self, work: Work) -> Result:
        """The site through the CDN is the release that was enabled; what is not so yet is looked at again."""
        wish = wanted_back(work)
        if wish is not None:
            return wish
        placing = self._placing(work)
        for each in [file for file in placing.new.files if file.page][:MOST_LOOKED_AT]:
            self._refuse_unseen(work, placing.site, each)
        return keep(work)

    def switch_back(self, work: Work) -> Result:
        """What has to be brought for the earlier release to be live again."""
        deployment = work.deployment
        if deployment.state in {State.DISCARDING, *BEFORE_SWITCH}:
            return {"assets": [], "pages": []}
        if deployment.state is not State.SWITCHING_BACK:
            work.move(Trigger.SWITCH_BACK)
        placing = self._placing(work)
        _let_copies_end(work, State.SWITCHING)
        return {"assets": parts(placing.old_assets), "pages": parts(placing.old_pages)}

    def copy_assets_back(self, work: Work) -> Result:
        placing = self._placing(work)
        self._bring(placing, placing.old_assets, work.event.part, placing.old)
        return None

    def copy_pages_back(self, work: Work) -> Result:
        placing = self._placing(work)
        self._bring(placing, placing.old_pages, work.event.part, placing.old)
        return None

    def point_back(self, work: Work) -> Result:
        """The earlier release is live again; the first one of a site stays, since there is none before it."""
        if work.deployment.state is not State.SWITCHING_BACK:
            return None
        placing = self._placing(work)
        if placing.old is None:
            self._stay(work)
            return None
        if self._bucket.wrong(placing.site.bucket, placing.old.files, placing.old_folder):
            raise NotReady("the earlier release is not whole yet")
        if placing.site.pointer:
            self._cdn.point(placing.site.pointer, placing.old.tag, instead_of=placing.new.tag)
        if work.environment().live_deployment == work.deployment.id:
            work.save(work.deployment, Save(went_back(work)), work.history("went_back"))
        return None

    def discard(self, work: Work) -> Result:
        """Before the switch, files of the same names may have been copied over: those are brought back."""
        deployment = work.deployment
        switched = any(phase.state is State.SWITCHING for phase in deployment.phases)
        work.move(Trigger.DISCARD, outcome=deployment.outcome or State.FAILED)
        if switched or not any(phase.state is State.PREPARING for phase in deployment.phases):
            return {"assets": []}
        placing = self._placing(work)
        if placing.old_assets:
            _let_copies_end(work, State.PREPARING)
        return {"assets": parts(placing.old_assets)}

    def restore_assets(self, work: Work) -> Result:
        return self.copy_assets_back(work)

    def invalidate_back(self, work: Work) -> Result:
        self._forget(work, "back")
        return None

    def await_invalidated_back(self, work: Work) -> Result:
        self._await_forgotten(work, "back")
        return None

    def retire(self, work: Work) -> Result:
        """From here on there is no way back, and what nothing needs any more may be deleted."""
        work.move(Trigger.RETIRE)
        return None

    # --- what several steps do ----------------------------------------------------------------------------------

    def _placing(self, work: Work) -> Placing:
        return Placing.of(work, self._bucket)

    def _make_plan(self, work: Work) -> None:
        deployment, site = work.deployment, site_of(work)
        new = self._bucket.manifest(site.bucket, deployment.version)
        made = Plan(
            version=deployment.version,
            sha256=new.digest,
            groups=(),
            old=(),
            routes=(),
            old_version=work.environment().live_version,
        )
        work.deployment = replace(deployment, plan=made)
        counted = replace(made, files=self._placing(work).counts())
        work.save(replace(deployment, plan=counted), work.history("plan", detail=counted.digest))

    def _bring(self, placing: Placing, files: list[File], number: int, release: Manifest | None) -> None:
        if release is None:
            return
        try:
            self._bucket.place(placing.site.bucket, part(files, number), placing.site.folder(release.tag))
        except StepFailed as failed:  # the bucket knows the folder, people know the release
            raise StepFailed(failed.reason, **{**failed.facts, "tag": release.tag}) from failed

    def _share(self, placing: Placing, old: Manifest) -> None:
        """Each folder gets what only the other one has: a page that is open, or an edge location that has not heard
        yet, finds its files on either side of the switch."""
        bucket, new = placing.site.bucket, {each.path for each in placing.new.files}
        before = self._bucket.folder(bucket, placing.old_folder)
        self._bucket.carry(bucket, sorted(before - new), placing.old_folder, placing.new_folder)
        known = {each.path for each in old.files}
        self._bucket.carry(bucket, sorted(new - known), placing.new_folder, placing.old_folder)

    def _refuse_wrong(self, placing: Placing, files: list[File] | tuple[File, ...]) -> None:
        wrong = self._bucket.wrong(placing.site.bucket, files, placing.new_folder)
        if wrong:
            named = ", ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
            raise StepFailed(Reason.RELEASE_CHANGED, what=f"{named} is not what was pushed")

    def _refuse_unseen(self, work: Work, site: Site, page: File) -> None:
        if not site.url or page.encoding:
            return
        found = self._viewer.fetch(f"{site.url}{address(page.path)}")
        if (found.status, found.sha256) != (200, page.sha256):
            work.note(progress=f"The CDN does not show {page.path} of this release yet")
            raise NotReady(f"{page.path}: HTTP {found.status}, still another page")

    def _stay(self, work: Work) -> None:
        """Nothing is there to go back to, so the table says what visitors see: the next release starts from that."""
        shown = self._pointed(work) == work.plan.version
        if shown and work.environment().live_version != work.plan.version:
            work.save(work.deployment, Save(went_live(work)), work.history("stays"))

    def _pointed(self, work: Work) -> str:
        site = site_of(work)
        return self._cdn.pointer(site.pointer) if site.pointer else work.environment().live_version

    def _forget(self, work: Work, way: str) -> None:
        began = any(phase.state is State.PREPARING for phase in work.deployment.phases)
        site, stale = site_of(work), self._placing(work).stale() if began else []
        if site.distribution and stale and not work.deployment.command(way):
            reference = f"{work.deployment.id}-{work.deployment.run}-{way}"
            made = self._cdn.invalidate(site.distribution, stale, reference)
            work.note(commands=(*work.deployment.commands, (way, made)))

    def _await_forgotten(self, work: Work, way: str) -> None:
        for made in work.deployment.command(way):
            if not self._cdn.invalidated(site_of(work).distribution, made):
                work.note(progress="The CDN is being told what changed")
                raise NotReady(f"invalidation {made} is in progress")


def _refuse_unconfirmed(work: Work, lead: Deployment) -> None:
    """StepFailed where the release is not the one that was confirmed with the server."""
    confirmed = lead.plan.together if lead.plan is not None else ""
    if confirmed != f"{work.plan.version} {work.plan.sha256}":
        raise StepFailed(
            Reason.RELEASE_CHANGED, what="it is not the release that was confirmed with its server"
        )


def _let_copies_end(work: Work, state: State) -> None:
    """Where one part of a Map fails, functions that copy the others run on: what they still bring would come after
    what is brought back."""
    phases = work.deployment.phases
    left = phases[-1].at + LONGEST - work.now
    if phases[-2].state is state and left > 0:
        raise NotReady(f"files may still be copied for {left:.0f} s")


def _assets(release: Manifest) -> list[File]:
    return [each for each in release.files if not each.page]


def _refuse_other(work: Work, pointed: str) -> None:
    """StepFailed where somebody else has moved what is live since the plan was made."""
    live = work.plan.old_version
    if pointed not in {live, work.plan.version}:
        raise StepFailed(
            Reason.RELEASE_CHANGED, what=f"{pointed or 'nothing'} is live, not {live or 'nothing'}"
        )
