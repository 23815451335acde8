"""The function `frontend`: compare, copy, verify, point, invalidate, and look at the site as a browser does."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, State, Trigger
from chalicelib.domain.errors import NotReady, StepFailed
from chalicelib.domain.plan import Plan, released
from chalicelib.domain.reasons import Reason
from chalicelib.domain.release import File, address
from chalicelib.domain.settings import Site
from chalicelib.usecases.ports import Save
from chalicelib.usecases.release_ports import Bucket, Cdn, Viewer
from chalicelib.usecases.steps.beginning import begin, go_on
from chalicelib.usecases.steps.bringing import bring, share, wrong
from chalicelib.usecases.steps.coupled import lead_of, refuse_unreported
from chalicelib.usecases.steps.forgetting import BACK, LIVE, await_forgotten, forget
from chalicelib.usecases.steps.live import keep, wanted_back, went_back, went_live
from chalicelib.usecases.steps.placing import Placing, Spot, part, parts, site_of, spots_of
from chalicelib.usecases.steps.work import Result, Work

LONGEST = 60
"""Seconds that Lambda lets this function run (`.chalice/config.json`)."""
MOST_LOOKED_AT = 50
"""So many pages are asked for through the CDN: a look at the site, not a copy of it."""
_BRINGS = frozenset({"ask", "begin", "switch"})
"""Where the machine goes on with files to bring; from elsewhere it reads no manifest, which may be gone by then."""
_ENDED_BY = {
    State.PREPARING: State.TESTING,
    State.TESTING: State.SWITCHING,
    State.SWITCHING: State.BAKING,
}
"""The states in which files are copied, and the state that follows when every function that copied has ended."""


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
        answer = begin(work, lead.confirmed_by if lead else None) if fresh else go_on(work)
        return {**(answer or {}), **self._parts(work, (answer or {}).get("next", ""))}

    def copy_assets(self, work: Work) -> Result:
        work.guard()
        placing = self._placing(work)
        self._refuse_served(work)
        self._bring(work, placing, placing.assets)
        return None

    def check(self, work: Work) -> Result:
        """From here on files are looked at, and none is brought but what is not as it was pushed."""
        work.guard()
        work.move(Trigger.TEST)
        return None

    def share_files(self, work: Work) -> Result:
        """Pages, and what only one of two folders has; each is whole afterwards for pages of either release. Where one
        folder is all there is, what is written over in it."""
        work.guard()
        placing = self._placing(work)
        self._refuse_served(work)
        if placing.site.pointer:
            share(self._bucket, placing, work.event.part)
        else:
            self._bring(work, placing, placing.renewed)
        return None

    def check_files(self, work: Work) -> Result:
        """Everything that the new release's pages refer to is there."""
        work.guard()
        placing = self._placing(work)
        self._refuse_wrong(work, placing, placing.checked)
        return None

    def switch(self, work: Work) -> Result:
        """The last look before anybody is shown anything new."""
        if work.deployment.state not in {State.SWITCHING, State.BAKING}:
            work.guard()
            if work.deployment.follows:
                lead_of(work)
            if work.deployment.protected and work.deployment.confirmed_by is None:
                raise StepFailed(Reason.INTERNAL, step="Switching", what="nobody confirmed it")
            self._placing(work)
            self._refuse_other(work)
            work.move(Trigger.PUBLISH)
        return None

    def copy_new_pages(self, work: Work) -> Result:
        placing = self._placing(work)
        self._bring(work, placing, placing.new_pages)
        return None

    def copy_pages(self, work: Work) -> Result:
        placing = self._placing(work)
        self._bring(work, placing, placing.pages)
        return None

    def check_pages(self, work: Work) -> Result:
        """Every page is there, those too that are the same in both releases."""
        placing = self._placing(work)
        self._refuse_wrong(work, placing, placing.shown)
        return None

    def point(self, work: Work) -> Result:
        """The release is live: one write, after every page was found to be there."""
        site = site_of(work)
        if work.deployment.state is State.SWITCHING:
            if site.pointer:
                new, old = spots_of(site, work.plan)
                self._cdn.point(site.pointer, new.folder, new.tag, instead_of=old.folder)
            work.move(Trigger.BAKE, Save(went_live(work)), switched_at=work.now)
        return None

    def invalidate(self, work: Work) -> Result:
        forget(work, self._bucket, self._cdn, LIVE)
        return None

    def await_invalidated(self, work: Work) -> Result:
        await_forgotten(work, self._bucket, self._cdn, LIVE)
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
        """What has to be brought for the earlier release to be live again, and all that has to be there then."""
        deployment = work.deployment
        if deployment.state in {State.DISCARDING, *BEFORE_SWITCH}:
            return {"assets": [], "gone_pages": [], "pages": [], "files": []}
        if deployment.state is not State.SWITCHING_BACK:
            work.move(Trigger.SWITCH_BACK)
        placing = self._placing(work)
        if not placing.site.pointer:
            _let_copies_end(work)
        return {
            "assets": parts(placing.old_assets),
            "gone_pages": parts(placing.gone_pages),
            "pages": parts(placing.old_pages),
            "files": parts(placing.old_files),
        }

    def copy_assets_back(self, work: Work) -> Result:
        placing = self._placing(work)
        self._bring_back(work, placing, placing.old_assets)
        return None

    def copy_gone_pages(self, work: Work) -> Result:
        placing = self._placing(work)
        self._bring_back(work, placing, placing.gone_pages)
        return None

    def copy_pages_back(self, work: Work) -> Result:
        placing = self._placing(work)
        self._bring_back(work, placing, placing.old_pages)
        return None

    def check_back(self, work: Work) -> Result:
        """Everything of the earlier release is there."""
        placing = self._placing(work)
        some = part(placing.old_files, work.event.part)
        if wrong(self._bucket, placing.at_old, some):
            raise NotReady("the earlier release is not whole yet")
        return None

    def point_back(self, work: Work) -> Result:
        """The earlier release is live again; one that has none before it stays, and says so."""
        site = site_of(work)
        if work.deployment.state is not State.SWITCHING_BACK:
            return None
        if work.deployment.first_release:
            self._stay(work)
            return None
        if site.pointer:
            new, old = spots_of(site, work.plan)
            self._cdn.point(site.pointer, old.folder, old.tag, instead_of=new.folder)
        environment = work.environment()
        if environment.live_deployment == work.deployment.id:
            work.save(work.deployment, Save(went_back(work)), work.history("went_back"))
        elif site.pointer:  # it may have moved without anybody having written that down
            work.save(work.deployment, Save(replace(environment, live_since=work.now)))
        return None

    def discard(self, work: Work) -> Result:
        """Before the switch, files of the same names may have been copied over: those are brought back. Where folders
        take turns nobody is shown them, but the next release is brought there."""
        deployment = work.deployment
        switched = any(phase.state is State.SWITCHING for phase in deployment.phases)
        work.move(Trigger.DISCARD, outcome=deployment.outcome or State.FAILED)
        if site_of(work).pointer:
            _let_copies_end(work)
        if switched or not any(phase.state is State.PREPARING for phase in deployment.phases):
            return {"assets": []}
        placing = self._placing(work)
        if placing.old_assets:
            _let_copies_end(work)
        return {"assets": parts(placing.old_assets)}

    def restore_assets(self, work: Work) -> Result:
        """Brought back, and looked at."""
        placing = self._placing(work)
        some = part(placing.old_assets, work.event.part)
        bring(self._bucket, placing.at_old, some)
        if wrong(self._bucket, placing.at_old, some):
            raise NotReady("the files of the live release are not what they were yet")
        return None

    def invalidate_back(self, work: Work) -> Result:
        forget(work, self._bucket, self._cdn, BACK)
        return None

    def await_invalidated_back(self, work: Work) -> Result:
        await_forgotten(work, self._bucket, self._cdn, BACK)
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
        refuse_unreported(work, deployment, new.digest)
        made = self._with_folders(
            work, released(deployment.version, work.environment().live_version, new.digest)
        )
        work.deployment = replace(deployment, plan=made)
        placing = self._placing(work)
        counted = replace(made, files=placing.counts(), spare=made.spare if placing.spare else "")
        work.save(replace(deployment, plan=counted), work.history("plan", detail=counted.digest))

    def _with_folders(self, work: Work, plan: Plan) -> Plan:
        """The plan with where its files go, where folders take turns."""
        site, environment = site_of(work), work.environment()
        if not site.pointer:
            return plan
        live = environment.live_folder or spots_of(site, plan)[1].folder
        planned = replace(plan, folder=site.turn(live), old_folder=live, spare=environment.spare_version)
        shown = self._cdn.pointer(site.pointer)
        if shown not in {"", live} and self._cdn.release_in(site.pointer, shown) == plan.version:
            # A hand has moved the pointer there: what is not as it should be is put right where it is.
            return replace(planned, folder=shown, spare=planned.spare if shown == planned.folder else "")
        return planned

    def _parts(self, work: Work, where: str) -> dict[str, list[int]]:
        """The items of each Map that the machine comes to from there. Where folders take turns every file was looked at
        before the switch; so again only where a later run goes on with the switch."""
        placing = self._placing(work) if where in _BRINGS else None
        if placing is None:
            return {each: [] for each in ("assets", "shared", "checked", "new_pages", "pages", "shown")}
        looked_at = placing.site.pointer and where != "switch"
        return {
            "assets": parts(placing.assets),
            "shared": parts(placing.shared or placing.renewed),
            "checked": parts(placing.checked),
            "new_pages": parts(placing.new_pages),
            "pages": parts(placing.pages),
            "shown": [] if looked_at else parts(placing.shown),
        }

    def _bring(self, work: Work, placing: Placing, files: Sequence[File]) -> None:
        bring(self._bucket, placing.at_new, part(files, work.event.part))

    def _bring_back(self, work: Work, placing: Placing, files: Sequence[File]) -> None:
        bring(self._bucket, placing.at_old, part(files, work.event.part))

    def _refuse_wrong(self, work: Work, placing: Placing, files: Sequence[File]) -> None:
        found = wrong(self._bucket, placing.at_new, part(files, work.event.part))
        if found:
            named = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
            raise StepFailed(Reason.RELEASE_CHANGED, what=f"{named} is not what was pushed")

    def _refuse_served(self, work: Work) -> None:
        """StepFailed where what is about to be written is being shown, because somebody has moved the pointer."""
        if site_of(work).pointer:
            self._refuse_other(work)

    def _refuse_other(self, work: Work) -> None:
        """StepFailed where somebody else has moved what is live since the plan was made."""
        new, old = spots_of(site_of(work), work.plan)
        live = self._live(work)
        if live not in {new, old}:
            raise StepFailed(
                Reason.RELEASE_CHANGED, what=f"{live.tag or 'nothing'} is live, not {old.tag or 'nothing'}"
            )

    def _refuse_unseen(self, work: Work, site: Site, page: File) -> None:
        if not site.url or page.encoding:
            return
        found = self._viewer.fetch(f"{site.url}{address(page.path)}")
        if (found.status, found.sha256) != (200, page.sha256):
            work.note(progress=f"The CDN does not show {page.path} of this release yet")
            raise NotReady(f"{page.path}: HTTP {found.status}, still another page")

    def _stay(self, work: Work) -> None:
        """Nothing is there to go back to, so the table says what visitors see: the next release starts from that."""
        shown = self._live(work).tag == work.plan.version
        if shown and work.environment().live_version != work.plan.version:
            work.save(work.deployment, Save(went_live(work)), work.history("stays"))

    def _live(self, work: Work) -> Spot:
        """What is live, whoever has brought it: the table's word for it, or the pointer's."""
        site, tag = site_of(work), work.environment().live_version
        if not site.pointer:
            return Spot(site.bucket, site.folder(tag) if tag else "", tag)
        folder, (_, old) = self._cdn.pointer(site.pointer), spots_of(site, work.plan)
        if folder == old.folder:
            return old
        return Spot(site.bucket, folder, self._cdn.release_in(site.pointer, folder) if folder else "")


def _refuse_unconfirmed(work: Work, lead: Deployment) -> None:
    """StepFailed where the release is not the one that was confirmed with the server."""
    confirmed = lead.plan.together if lead.plan is not None else ""
    if confirmed != f"{work.plan.version} {work.plan.sha256}":
        raise StepFailed(
            Reason.RELEASE_CHANGED, what="it is not the release that was confirmed with its server"
        )


def _let_copies_end(work: Work) -> None:
    """Where one part of a Map fails, functions that copy the others run on: what they still bring would come after
    what is brought back. So, whatever has happened since, as long as one can run."""
    for each, after in pairwise(work.deployment.phases):
        left = after.at + LONGEST - work.now
        if _ENDED_BY.get(each.state, after.state) is not after.state and left > 0:
            raise NotReady(f"files may still be copied for {left:.0f} s")
