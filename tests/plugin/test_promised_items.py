"""What cells promise, in pytest: an item for each probe that asks it, from recordings."""

from __future__ import annotations

from tests.plugin.demo import Demo

pytest_plugins = "pytester"

MATRIX = """\
version: 1
probes: [other]
cells:
  - id: web
    image: "web:1"
    level: L0
    serves: [{port: 80, checks: [{ask: "POST /predict", json: {number: 3}, answers: {square: 9}}]}]
  - {id: silent, image: "silent:1", level: L0}
"""
KEPT = {"http.80.is_ready": True, "http.broken": ()}
SAYS = {"metadata.exposed_ports": ("80/tcp",), "metadata.differs": ()}
BROKEN = {**KEPT, "http.broken": ("port 80, POST /predict: 500, and 2xx was promised",)}
OTHERWISE = {**SAYS, "metadata.differs": ("the image exposes port 81",)}


def test_a_promise_is_an_item_of_the_cells_that_make_it(demo: Demo) -> None:
    demo.write(MATRIX, {("web", "http"): KEPT, ("web", "metadata"): SAYS})
    web = ["matrix.yaml::web::other", "matrix.yaml::web::metadata", "matrix.yaml::web::http"]
    assert web == [one for one in demo.ids("matrix.yaml") if "::web::" in one]
    demo.run("matrix.yaml").assert_outcomes(passed=4, skipped=2)
    ((_, records),) = demo.runs()
    outside = [one for one in records if one.probe == "http" and one.cell == "web"]
    assert ["relaxed"] == [one.profile.name for one in outside]


def test_what_is_not_kept_fails_the_item_that_asks_it(demo: Demo) -> None:
    demo.write(MATRIX, {("web", "http"): BROKEN, ("web", "metadata"): OTHERWISE})
    result = demo.run("matrix.yaml")
    result.assert_outcomes(passed=1, failed=2, skipped=3)  # nothing is compared with what fails
    said = " ".join(result.stdout.str().split())
    assert "its metadata contradicts its promises: the image exposes port 81" in said
    assert "a promise is not kept: port 80, POST /predict: 500, and 2xx was promised" in said


def test_a_rule_lets_what_is_not_kept_pass(demo: Demo) -> None:
    rule = "expectations: [{facts: http.broken, rule: allowed, reason: known since June}]\n"
    demo.write(MATRIX + rule, {("web", "http"): BROKEN, ("web", "metadata"): SAYS})
    demo.run("matrix.yaml").assert_outcomes(passed=4, skipped=2)


def test_a_recording_under_another_promise_answers_nothing(demo: Demo) -> None:
    demo.write(MATRIX, {("web", "http"): KEPT, ("web", "metadata"): SAYS})
    (demo.path / "matrix.yaml").write_text(MATRIX.replace("square: 9", "square: 10"), "utf-8")
    result = demo.run("matrix.yaml")
    outcomes = result.parseoutcomes()
    assert 0 == outcomes.get("failed", 0)
    result.assert_outcomes(passed=1, skipped=5)
