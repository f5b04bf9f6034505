"""Probe files are read, never run; every mistake in one is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.commands.plan import plan
from harness.errors import UsageError
from harness.model import Cell, Evidence, Level, Nature
from harness.probing.probe import applies, load_probe, load_probes

STANDARD = Path(__file__).parents[2] / "probes"
GOOD = """
raise SystemExit("a probe is never run here")
PROBE = {
    "question": "Is it so?",
    "where": "inside",
    "order": 7,
    "timeout_s": 12,
    "frameworks": ["torch"],
    "dataset": "mnist",
    "settings": {"steps": 3, "exact": True},
    "natures": [["so.*_seconds", "timing"], ["so.*", "measured"]],
    "evidence": [{"level": "L2", "kind": "finished", "fact": "so.done"}],
}
def probe(settings):
    return {}
"""


def written(folder: Path, text: str, name: str = "so.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(UsageError) as caught:
        load_probe(written(folder, text))
    return str(caught.value)


def test_metadata_becomes_a_probe(tmp_path: Path) -> None:
    probe = load_probe(written(tmp_path, GOOD))

    assert "so" == probe.name
    assert "Is it so?" == probe.question
    assert 12.0 == probe.timeout_s
    assert ("torch",) == probe.frameworks
    assert "mnist" == probe.dataset
    assert (("steps", 3), ("exact", True)) == probe.settings
    assert (("so.*_seconds", Nature.TIMING), ("so.*", Nature.MEASURED)) == probe.natures
    assert (Evidence(level=Level.L2, kind="finished", fact="so.done"),) == probe.evidence
    assert GOOD == probe.source


def test_a_changed_byte_changes_the_digest(tmp_path: Path) -> None:
    one = load_probe(written(tmp_path, GOOD))
    other = load_probe(written(tmp_path, GOOD + "# \n"))

    assert one.digest != other.digest
    assert 64 == len(one.digest)


def test_defaults_make_the_smallest_probe(tmp_path: Path) -> None:
    text = 'PROBE = {"question": "q"}\ndef probe(settings):\n    return {}\n'
    probe = load_probe(written(tmp_path, text))

    assert ("inside", 60.0, (), "", ()) == (
        probe.where,
        probe.timeout_s,
        probe.frameworks,
        probe.dataset,
        probe.settings,
    )


def test_the_standard_probes_load_in_their_order() -> None:
    probes = load_probes([STANDARD])

    names = [probe.name for probe in probes]
    wanted = ["python", "limits", "packages", "devices", "libraries", "gpu", "mnist"]
    assert wanted == names[: len(wanted)]
    assert {"keras", "mnist", "training"} == {probe.name for probe in probes if probe.dataset}
    assert {
        ("devices", "L1"),
        ("devices", "L2"),
        ("libraries", "L1"),
        ("gpu", "L2"),
        ("mnist", "L1"),
        ("mnist", "L2"),
        ("mnist", "L3"),
    } <= {(probe.name, one.level) for probe in probes for one in probe.evidence}


def test_a_later_place_replaces_a_probe_of_the_same_name(tmp_path: Path) -> None:
    own = written(tmp_path, GOOD, "python.py")
    extra = written(tmp_path, GOOD, "a_new_one.py")
    written(tmp_path, "not a probe", "_draft.py")

    probes = load_probes([STANDARD, tmp_path])

    assert {"python": GOOD, "a_new_one": extra.read_text()} == {
        probe.name: probe.source for probe in probes if probe.question == "Is it so?"
    }
    assert own.read_text() == next(one.source for one in probes if one.name == "python")


def test_a_folder_that_is_not_there_holds_no_probes(tmp_path: Path) -> None:
    assert () == load_probes([tmp_path / "probes"])


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"new\.py cannot be read: No such file"):
        load_probes([tmp_path / "new.py"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"question"', '"qestion"', "did you mean `question`?"),
        ('"dataset"', '"zzz"', "known: question, where"),
        ('"Is it so?"', "3", "`question` should be a string"),
        ('"inside"', '"between"', '`where` should be "inside"'),
        ("7", "7.5", "`order` should be a whole number"),
        ("12", "0", "`timeout_s` should be a number of seconds, above 0"),
        ("12", "True", "`timeout_s` should be a number of seconds"),
        ("12", "1e999", "`timeout_s` should be a number of seconds"),
        ("12", "int('12')", "`timeout_s` is not a literal; PROBE is read, never run"),
        ('["torch"]', '"torch"', "`frameworks` should be a list of strings"),
        ('"steps": 3', '"steps": [3]', "'steps' cannot be one"),
        ('"steps": 3', '"scratch": 3', "'scratch' cannot be one"),
        ('"timing"', '"guessed"', "one of static, seeded, drawn, measured, timing, observed"),
        ('"L2"', '"L9"', "the level one of L1, L2, L3,"),
        ('"fact"', '"facts"', "a list of {level, kind, fact}"),
        ('"dataset": "mnist"', '"order": 1', "has the key `order` twice"),
        ("def probe(settings)", "def prob(settings)", "there is no function `probe`"),
        ("PROBE = {", "PROB = {", "there is no PROBE"),
        ("PROBE = {", "PROBE = [{", "not Python"),
        ("Is it so?", "Is it s\u00f6?", "a probe is ASCII"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    message = complaint(tmp_path, GOOD.replace(old, new, 1))

    assert said in message
    assert f"{tmp_path}/so.py:" in message


def test_a_place_is_a_line_and_a_column(tmp_path: Path) -> None:
    message = complaint(tmp_path, GOOD.replace('"order": 7', '"order": "x"'))

    assert f"{tmp_path}/so.py:6:14" in message
    assert '    "order": "x",' in message


@pytest.mark.parametrize(
    ("old", "new", "line", "said", "remedy"),
    [
        ('"L2"', '"L4"', 12, "L4 (agrees with the reference) is not judged", "remove it"),
        ('"evidence": [', '"evidence": [\n  {"level": "L4"}, ', 13, "is not judged", "remove it"),
    ],
)
def test_what_nothing_here_runs_or_judges_yet_is_refused_at_its_place(
    tmp_path: Path, old: str, new: str, line: int, said: str, remedy: str
) -> None:
    message = complaint(tmp_path, GOOD.replace(old, new, 1))

    assert said in message
    assert "by this version of the harness" in message
    assert remedy in message
    assert f"{tmp_path}/so.py:{line}:" in message
    assert f"{line} | " in message, "the line itself is shown"


@pytest.mark.parametrize("old", ['"L2"'])
def test_a_plan_ends_where_a_probe_of_the_suite_asks_for_what_nothing_does(
    tmp_path: Path, old: str
) -> None:
    (tmp_path / "probes").mkdir()
    (tmp_path / "matrix.yaml").write_text('version: 1\ncells: [{id: x, image: "name:tag"}]\n')
    own = written(tmp_path / "probes", GOOD)
    assert "so" in plan(tmp_path, (), (), False).text

    own.write_text(GOOD.replace(old, '"L4"', 1))
    with pytest.raises(UsageError, match=r"by this version of the harness"):
        plan(tmp_path, (), (), False)


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    written(tmp_path, GOOD.replace("12", "-1").replace("7", '"x"'), "one.py")
    written(tmp_path, "PROBE = 3\n", "two.py")

    with pytest.raises(UsageError) as caught:
        load_probes([tmp_path])

    for said in ("timeout_s", "order", "one.py", "two.py", "PROBE is not a dict", "no function"):
        assert said in str(caught.value)


@given(st.text(max_size=200))
def test_no_text_makes_loading_fail_in_another_way(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("probe")
    for source in (text, f"PROBE = {text}\ndef probe(settings): pass"):
        path = folder / "p.py"
        path.write_bytes(source.encode("utf-8", "surrogatepass"))
        try:
            load_probe(path)
        except UsageError:
            continue


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    assert "larger than a probe may be" in complaint(tmp_path, "#" * 300_000)


def test_a_probe_applies_to_cells_that_claim_one_of_its_frameworks(tmp_path: Path) -> None:
    probe = load_probe(written(tmp_path, GOOD))
    everywhere = load_probe(written(tmp_path, GOOD.replace('["torch"]', "[]")))

    torch = Cell(id="a", framework=(("torch", "2.1"),))
    other = Cell(id="b", framework=(("jax", "0.4"),))
    none = Cell(id="c")

    assert [True, False, False] == [applies(probe, cell) for cell in (torch, other, none)]
    assert all(applies(everywhere, cell) for cell in (torch, other, none))
