"""What an image is taken to be: its claims combined, with what is known of such a build."""

from __future__ import annotations

from dataclasses import dataclass

from harness.check.build_kind import built_for_gpu, needs_cuda
from harness.check.claims import Claim, ClaimOrigin, agree, claims_of
from harness.check.content import content_claims
from harness.check.cuda_names import may_be_one
from harness.check.host import TargetHost
from harness.images.image import Reading
from harness.images.inside import Inside
from harness.images.sightings import Sighting
from harness.knowledge import frameworks
from harness.knowledge.frameworks import Build
from harness.knowledge.library import System, system, toolkit

_BELIEVED = (
    ClaimOrigin.MEASURED,
    ClaimOrigin.CONTENT,
    ClaimOrigin.HISTORY,
    ClaimOrigin.ENVIRONMENT,
    ClaimOrigin.LABEL,
    ClaimOrigin.TAG,
)
"""The origins of claims, the most trusted first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """The image that is checked."""

    reading: Reading
    claims: tuple[Claim, ...]
    inside: Inside | None = None
    """The content of its layers; None if they were not read."""
    seen: tuple[Sighting, ...] = ()
    """The images that its tag named when it was checked here before, oldest first."""

    def all(self, what: str) -> tuple[Claim, ...]:
        """The claims about one subject, the most trusted first."""
        found = [one for one in self.claims if one.what == what]
        return tuple(sorted(found, key=lambda one: _BELIEVED.index(one.origin)))

    def said(self, what: str) -> str:
        """The most trusted value; empty if there is none.

        Of several claims of that origin the last wins, as does the last step of the history.
        """
        claims = self.all(what)
        if not claims:
            return ""
        best = claims[0].origin
        return [one for one in claims if one.origin is best][-1].value

    def found(self, what: str) -> str:
        """The most trusted value that was found in the image: by running it, or in its layers.

        If neither was done, what the image says of itself counts. Empty if only its tag says
        something.
        """
        looked = self.inside is not None and not self.inside.problems
        ran = bool(self.claims_by(ClaimOrigin.MEASURED))
        seen = {ClaimOrigin.MEASURED, ClaimOrigin.CONTENT}
        told = [
            one
            for one in self.all(what)
            if one.origin in seen or (not looked and not ran and one.origin is not ClaimOrigin.TAG)
        ]
        return [one for one in told if one.origin is told[0].origin][-1].value if told else ""

    def promised(self, what: str) -> str:
        """The value that the tag promises; empty if it promises none."""
        return next((one.value for one in self.claims_by(ClaimOrigin.TAG) if one.what == what), "")

    def claims_by(self, origin: ClaimOrigin) -> tuple[Claim, ...]:
        """Claims of one origin."""
        return tuple(one for one in self.claims if one.origin is origin)

    @property
    def framework(self) -> str:
        """The framework's name; empty if not known."""
        return self.said("framework").partition(" ")[0]

    @property
    def version(self) -> str:
        """The framework's version; empty if not known."""
        return self.said("framework").partition(" ")[2]

    @property
    def build(self) -> Build | None:
        """What the knowledge base has on the build of that version."""
        return frameworks.build(self.framework, self.version) if self.version else None

    @property
    def foreign(self) -> bool:
        """Whether no distribution of the framework's own project installed it: it came under
        another name, or without any metadata."""
        told = [one for one in self.all("framework") if one.origin is not ClaimOrigin.MEASURED]
        if not told:
            return False
        packages = [one.value for one in self.all("package") if one.origin is told[0].origin]
        if not packages:
            return told[0].origin is ClaimOrigin.CONTENT
        return frameworks.packages(self.framework).isdisjoint(packages)

    @property
    def system(self) -> System | None:
        """The operating system; None if not known."""
        return system(self.said("system"))

    @property
    def cuda(self) -> str:
        """The CUDA release in the image, else the one that the framework was built for.

        Libraries often tell only the major version (12); then the build's release is the most
        likely one.
        """
        said, build = self.said("cuda"), self.build
        if build is None or (said and (toolkit(said) or not may_be_one(said, build.cuda))):
            return said
        return build.cuda

    @property
    def for_gpu(self) -> bool:
        """Whether the image is meant for a GPU: it claims so and was not built without GPU
        support, or its framework cannot be imported without CUDA."""
        claimed = self.claims_gpu and built_for_gpu(self.inside, self.framework) is not False
        return claimed or needs_cuda(self.inside, self.framework)

    def for_gpu_of(self, host: TargetHost) -> bool:
        """Whether the image is for a GPU on this host. If the host has one, being built for GPUs
        is enough, even if the image does not claim it."""
        built = bool(host.gpus) and built_for_gpu(self.inside, self.framework) is True
        return built or self.for_gpu

    @property
    def claims_gpu(self) -> bool:
        """Whether any claim says that the image is meant for a GPU."""
        named = any(
            one.value in frameworks.gpu_packages(framework)
            for framework in frameworks.names()
            for one in self.all("package")
        )
        return bool(self.said("gpu")) or named or bool(self.said("cuda"))

    @property
    def confirmed(self) -> bool:
        """Whether the image itself, not just its tag, supports the version it is taken for."""
        own = [one for one in self.all("framework") if one.origin is not ClaimOrigin.TAG]
        return any(agree("framework", one.value, self.said("framework")) for one in own)

    def contradictions(self) -> tuple[tuple[Claim, Claim], ...]:
        """Pairs of (the tag's promise, the image's own claim that contradicts it)."""
        found = []
        for promise in self.claims_by(ClaimOrigin.TAG):
            own = [one for one in self.all(promise.what) if one.origin is not ClaimOrigin.TAG]
            if own and not any(agree(promise.what, promise.value, one.value) for one in own):
                found.append((promise, own[0]))
        return tuple(found)


def subject_of(reading: Reading, inside: Inside | None = None) -> Subject:
    """Combine what was read of an image with what was found in its layers (`inside`)."""
    found = content_claims(inside) if inside else ()
    claims = (*claims_of(reading.reference, reading.image), *found)
    return Subject(reading=reading, claims=claims, inside=inside)
