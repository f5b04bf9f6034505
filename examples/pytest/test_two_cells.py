"""Hand-written tests over the cells of matrix.yaml: `cell` runs each of them for every cell."""


def test_it_learns(facts):
    """More than 95 % of the test images after 200 steps, in 2017 as today."""
    assert facts["mnist.test_accuracy"] > 0.95


def test_the_loss_falls(facts):
    losses = facts["mnist.loss"]
    assert losses[-1] < losses[0] / 2


def test_every_probe_answers(records):
    assert ["ok"] * 5 == [record.outcome for record in records]


def test_all_start_from_the_same_bits(compare):
    """Whatever else moved between two releases, what they were given did not."""
    differing = {one.fact for one in compare().candidate.differences}
    assert "mnist.initial_weights_sha256" not in differing
    assert "mnist.dataset_sha256" not in differing


def test_only_what_is_allowed_differs(compare):
    assert compare().findings == ()


def test_python_divides_as_its_version_says(cell, facts):
    """A probe of our own, probes/arithmetic.py: its facts are there like any other."""
    assert facts["arithmetic.seven_halves"] == (3 if cell.python == "2.7" else 3.5)


def test_the_interpreter_starts_in_a_container(cell, container):
    """A container of the cell's image, not started yet; without an engine this is skipped."""
    with container:
        said = container.exec(["sh", "-c", "echo works"])
    assert (0, b"works\n") == (said.exit_code, said.output)
