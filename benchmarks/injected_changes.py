"""Drifts that are injected by changing an image, each with the finding that must name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from injected_patches import (
    DARKER,
    EVALUATES,
    EXIT,
    LONGER_IMPORT,
    LOWER_RATE,
    MAKE_DATA,
    ONE_CLASS,
    OWN_DATA,
    SLOW_CLOCK,
    TRAINS,
    WRONG_LABELS,
    feeding,
    house,
    slower,
)
from injected_platform import LIBRARIES, OTHER_SITE, PYTHON, SITE

from harness.compare.kinds import FindingKind


@dataclass(frozen=True, kw_only=True)
class Change:
    """One drift."""

    name: str
    area: str
    done: str
    """What was changed, as text for a person."""
    kind: FindingKind
    subject: str
    """A pattern that must match a part of the finding's subject."""
    lines: tuple[str, ...] = ()
    """Lines of a Dockerfile."""
    files: Mapping[str, str] = field(default_factory=dict)
    over_rounds: bool = False
    """Whether it shows in times or accuracies, which are compared over several rounds."""


CHANGES = (
    Change(
        name="step-twice-as-long",
        area="timing",
        done="each training step takes twice as long",
        kind=FindingKind.TIME_DRIFTS,
        subject="mnist.step_seconds",
        files=slower(1.0, TRAINS),
        over_rounds=True,
    ),
    Change(
        name="import-twice-as-long",
        area="timing",
        done="the import of the framework takes twice as long",
        kind=FindingKind.TIME_DRIFTS,
        subject="mnist.import_seconds",
        files=house(LONGER_IMPORT),
        over_rounds=True,
    ),
    Change(
        name="evaluation-twice-as-long",
        area="timing",
        done="evaluation takes twice as long",
        kind=FindingKind.TIME_DRIFTS,
        subject="mnist.evaluation_seconds",
        files=slower(1.0, EVALUATES),
        over_rounds=True,
    ),
    Change(
        name="lower-learning-rate",
        area="accuracy",
        done="the optimizer takes three tenths of the learning rate it is given",
        kind=FindingKind.ACCURACY_DRIFTS,
        subject="mnist.test_accuracy",
        files=house(LOWER_RATE),
        over_rounds=True,
    ),
    Change(
        name="wrong-labels",
        area="accuracy",
        done="it trains with the labels 0 and 5 called 1 and 6",
        kind=FindingKind.ACCURACY_DRIFTS,
        subject="mnist.test_accuracy",
        files=feeding(WRONG_LABELS),
        over_rounds=True,
    ),
    Change(
        name="another-release",
        area="packages",
        done="wheel is of the release that another image has",
        kind=FindingKind.DIFFERS,
        subject="package.wheel",
        lines=(
            f"RUN rm -r /{SITE}/wheel*",
            f"COPY --from={{OTHER}} /{OTHER_SITE}/wheel /{SITE}/wheel",
            f"COPY --from={{OTHER}} /{OTHER_SITE}/wheel-0.48.0.dist-info "
            f"/{SITE}/wheel-0.48.0.dist-info",
        ),
    ),
    Change(
        name="package-gone",
        area="packages",
        done="markdown, which the framework requires, is removed",
        kind=FindingKind.DIFFERS,
        subject="package.markdown",
        lines=(f"RUN rm -r /{SITE}/markdown /{SITE}/Markdown-*",),
    ),
    Change(
        name="installed-twice",
        area="packages",
        done="an older six was left behind beside the newer",
        kind=FindingKind.DEFECT,
        subject="packages.duplicates",
        files={
            f"{SITE}/six-1.16.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: six\n"
            "Version: 1.16.0\n"
        },
    ),
    Change(
        name="requirements-conflict",
        area="packages",
        done="the framework's own account requires a numpy below 1",
        kind=FindingKind.DEFECT,
        subject="packages.conflicts",
        lines=(
            f"RUN sed -i 's/^Requires-Dist: numpy.*/Requires-Dist: numpy (<1)/' "
            f"/{SITE}/tensorflow-*.dist-info/METADATA",
        ),
    ),
    Change(
        name="module-changed",
        area="packages",
        done="a line was added to a module of numpy",
        kind=FindingKind.OTHER_BYTES,
        subject="numpy",
        lines=(f"RUN echo 'quick_fix = True' >> /{SITE}/numpy/linalg/linalg.py",),
    ),
    Change(
        name="openblas-changed",
        area="libraries",
        done="the OpenBLAS of numpy has other bytes under the same name",
        kind=FindingKind.DIFFERS,
        subject="libraries.shared.*openblas*.sha256",
        lines=(f"RUN for f in /{SITE}/numpy/.libs/*openblas*; do echo x >> $f; done",),
    ),
    Change(
        name="libstdcxx-changed",
        area="libraries",
        done="libstdc++ has other bytes under the same name",
        kind=FindingKind.DIFFERS,
        subject="libraries.shared.libstdc++.so.6.sha256",
        lines=(f"RUN echo x >> {LIBRARIES}/libstdc++.so.6.0.28",),
    ),
    Change(
        name="libz-of-another-system",
        area="libraries",
        done="libz is of the release that another image has",
        kind=FindingKind.DIFFERS,
        subject="libraries.shared.libz.so.1.version",
        lines=(
            f"COPY --from={{OTHER}} {LIBRARIES}/libz.so.1.3.1 /lib/x86_64-linux-gnu/",
            "RUN ln -sf libz.so.1.3.1 /lib/x86_64-linux-gnu/libz.so.1",
        ),
    ),
    Change(
        name="libstdcxx-gone",
        area="libraries",
        done="libstdc++ is removed",
        kind=FindingKind.RAISED,
        subject="libstdc++.so.6",
        lines=(f"RUN rm {LIBRARIES}/libstdc++.so.6*",),
    ),
    Change(
        name="one-thread",
        area="environment",
        done="a variable limits OpenMP to one thread",
        kind=FindingKind.DIFFERS,
        subject="python.environment.OMP_NUM_THREADS",
        lines=("ENV OMP_NUM_THREADS=1",),
    ),
    Change(
        name="preloaded",
        area="environment",
        done="a library is loaded into every program (/etc/ld.so.preload)",
        kind=FindingKind.RUNS_FIRST,
        subject="outside.preload",
        lines=(f"RUN echo {LIBRARIES}/libm.so.6 > /etc/ld.so.preload",),
    ),
    Change(
        name="python-changed",
        area="environment",
        done="the python program has other bytes and tells the same version",
        kind=FindingKind.OTHER_BYTES,
        subject="outside.python.sha256",
        lines=(f"RUN echo x >> {PYTHON}",),
    ),
    Change(
        name="darker-images",
        area="data",
        done="the images reach the network half as bright",
        kind=FindingKind.LOSSES_DRIFT,
        subject="mnist.loss",
        files=feeding(DARKER),
        over_rounds=True,
    ),
    Change(
        name="generated-data",
        area="data",
        done="it trains on generated data of its own in the place of MNIST",
        kind=FindingKind.CONTRADICTED,
        subject="data set",
        lines=(f"RUN {PYTHON} /opt/make-data.py",),
        files={**house(OWN_DATA), "opt/make-data.py": MAKE_DATA},
    ),
    Change(
        name="labels-of-one-class",
        area="data",
        done="all labels are zero",
        kind=FindingKind.CONTRADICTED,
        subject="labels",
        files=house(ONE_CLASS),
    ),
    Change(
        name="exits-without-an-answer",
        area="probe",
        done="the process that is asked ends with status 0 and says nothing",
        kind=FindingKind.NO_ANSWER,
        subject="mnist",
        files=house(EXIT),
    ),
    Change(
        name="slow-clock",
        area="probe",
        done="the clock that probes read runs at a tenth",
        kind=FindingKind.CONTRADICTED,
        subject="clock",
        files=house(SLOW_CLOCK),
    ),
)
