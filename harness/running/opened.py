"""Opens the place where a run is carried out: an engine of this host, or the nodes of a cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.datasets.dataset import DataSet, find_dataset
from harness.engines import Engine, Workshop, engine_by_name
from harness.engines.divided import DividedEngine, is_mixed
from harness.errors import InfrastructureError, UsageError
from harness.machine.places import may_download
from harness.model import Cell, Probe, Run, Suite
from harness.probing.probe import applies
from harness.running.aloud import aloud
from harness.running.executor import LOCAL, Executor
from harness.running.local import LocalExecutor
from harness.running.session import CONTAINER_ENGINES, HOST, REPLAY, opened_engine, places, workshop
from harness.running.wanted import Wanted, disk_budget, image_registry


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenPlace:
    """An executor that is ready, its data set, and notices on how it was chosen."""

    executor: Executor
    dataset: DataSet | None
    said: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Selected:
    """The cells and probes of a run, and the name of its engine."""

    suite: Suite
    cells: tuple[Cell, ...]
    probes: tuple[Probe, ...]
    engine: str
    baseline_images: frozenset[str] = frozenset()

    @property
    def asking(self) -> tuple[Probe, ...]:
        """The probes that apply to at least one of the cells."""
        return tuple(one for one in self.probes if any(applies(one, cell) for cell in self.cells))


@contextmanager
def opened_place(selected: Selected, wanted: Wanted, resumed: Run | None) -> Iterator[OpenPlace]:
    """Open the executor that `--executor` names.

    Raises UsageError, EngineError and InfrastructureError.
    """
    if wanted.executor == LOCAL:
        with _here(selected, wanted) as place:
            yield place
    else:
        with _cluster(selected, wanted, resumed) as place:
            yield place


@contextmanager
def _here(selected: Selected, wanted: Wanted) -> Iterator[OpenPlace]:
    name = selected.engine
    with aloud("looking for the data set"):
        dataset = None if name == REPLAY else dataset_for(selected.asking, offline=wanted.offline)
    shop = workshop(
        selected.suite,
        refresh_bases=wanted.refresh_bases,
        fresh=wanted.fresh,
        offline=wanted.offline,
        recordings=wanted.recordings,
        disk_budget=disk_budget(wanted.disk_budget, os.environ),
        baseline_images=selected.baseline_images,
    )
    shop = replace(shop, registry=image_registry(os.environ))
    with (
        opened_engine(name, shop) as (engine, said),
        _host_beside(engine, selected.cells, shop) as host,
    ):
        if name == REPLAY:
            dataset, said = _recorded(engine)
        if wanted.record_to is not None:
            engine = _recording(engine, wanted.record_to, dataset)
            host = host and _recording(host, wanted.record_to, dataset)
        if host is not None:
            engine = DividedEngine(engine, host, selected.cells)
        yield OpenPlace(
            executor=LocalExecutor(engine, dataset.files if dataset else None),
            dataset=dataset,
            said=said,
        )


@contextmanager
def _cluster(selected: Selected, wanted: Wanted, resumed: Run | None) -> Iterator[OpenPlace]:
    """Connect to the nodes of a cluster; a resumed run uses only nodes on which it was begun."""
    from harness.running.cluster.choosing import of_one_class, usable
    from harness.running.cluster.connected import connected
    from harness.running.cluster.executor import RayExecutor
    from harness.running.cluster.seen import NodeSetup

    _check_for_cluster(selected, wanted)
    names = dataset_names(selected.asking)
    setup = NodeSetup(
        engine=selected.engine,
        # A node needs only the bases of a suite; the cells come with the tasks.
        suite=replace(selected.suite, cells=(), excluded=()),
        refresh_bases=wanted.refresh_bases,
        fresh=wanted.fresh,
        offline=wanted.offline,
        disk_budget=wanted.disk_budget,
        baseline_images=selected.baseline_images,
        registry=image_registry(os.environ),
        dataset=names[0] if names else "",
    )
    with connected(wanted.executor) as cluster:
        with aloud("looking at the nodes of the cluster"):
            nodes = cluster.nodes()
            there, said = usable(nodes, cluster.look(nodes, setup))
        if resumed is not None and resumed.hosts is not None:
            there = tuple(one for one in there if one.named in resumed.hosts)
        if not there:
            raise InfrastructureError(
                "no node of the cluster can take a cell: "
                + ("; ".join(said) or "the nodes on which the run began are gone"),
                remedy="harness doctor --executor ray",
            )
        there, others = of_one_class(there)
        told = (f"{one.named.name}: {line}" for one in there for line in one.seen.said)
        notices = dict.fromkeys((*said, *others, *told))
        dataset = None
        if setup.dataset:
            dataset = DataSet(
                name=setup.dataset,
                digest=there[0].seen.dataset,
                files={},
                size_bytes=0,
                origin="on each node",
                notice=there[0].seen.notice,
            )
        yield OpenPlace(
            executor=RayExecutor(cluster, setup, there), dataset=dataset, said=tuple(notices)
        )


def _check_for_cluster(selected: Selected, wanted: Wanted) -> None:
    """Raise UsageError for options that have no meaning on a cluster."""
    if is_mixed(selected.cells):
        raise UsageError(
            "interpreters of a machine and images cannot run together on a cluster",
            remedy="select one kind with --cell or --tag",
        )
    if selected.engine == REPLAY or wanted.record_to is not None:
        raise UsageError(
            "recordings belong to the engine of one host", remedy="leave out --executor"
        )
    if wanted.shard is not None:
        raise UsageError(
            "a shard is for a job on one host, but a cluster takes a whole run",
            remedy="leave out --shard or --executor",
        )
    if wanted.reuse:
        raise UsageError(
            "answers are reused on one host only, but a cluster has several",
            remedy="leave out --reuse or --executor",
        )


@contextmanager
def _host_beside(engine: Engine, cells: Sequence[Cell], shop: Workshop) -> Iterator[Engine | None]:
    """Open the host as a second engine, if the first is a container engine and the cells include
    interpreters of the host; else None."""
    if engine.name not in CONTAINER_ENGINES or not is_mixed(cells):
        yield None
        return
    with engine_by_name(HOST, shop) as host:
        yield host


def _recorded(engine: Engine) -> tuple[DataSet | None, tuple[str, ...]]:
    """Return the data set of a replay, and the notices on it."""
    from harness.engines.replay import ReplayEngine

    assert isinstance(engine, ReplayEngine), "replay is one"
    return engine.data(), (engine.notice(),)


def _recording(engine: Engine, folder: Path, dataset: DataSet | None) -> Engine:
    from harness.engines.recording import RecordingEngine
    from harness.engines.recordings import RecordedData

    data = None
    if dataset is not None:
        data = RecordedData(name=dataset.name, digest=dataset.digest, notice=dataset.notice)
    return RecordingEngine(engine, folder, data)


def dataset_names(probes: Sequence[Probe]) -> tuple[str, ...]:
    """Return the name of the data set that the probes need, if any. UsageError if they need
    several."""
    names = sorted({probe.dataset for probe in probes if probe.dataset})
    if len(names) > 1:
        raise UsageError(f"probes of one run share one data set, not {', '.join(names)}")
    return tuple(names)


def dataset_for(probes: Sequence[Probe], *, offline: bool) -> DataSet | None:
    """Find the data set that the probes need; None if none needs one. Raises UsageError."""
    names = dataset_names(probes)
    if not names:
        return None
    where = places()
    download = not offline and may_download(os.environ)
    return find_dataset(names[0], where.data, where.cache / "data", download)
