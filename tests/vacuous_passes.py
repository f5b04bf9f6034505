"""What would be green with nothing behind it, and the tests that show it comes out loud.

Each test carries `pytest.mark.attack`, so the harness's own words for it stand in docs/attacks.md;
docs/vacuous-passes.md has them by what would pass, with where the test ran. It is written with that
page.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from tests.attack_table import Attack, plain

ROOT = Path(__file__).parents[1]
PAGE = "vacuous-passes.md"

PASSES: Mapping[str, tuple[str, ...]] = {
    "nothing was selected": (
        "test_a_selection_of_nothing_starts_nothing",
        "test_axes_that_come_to_nothing_are_no_success",
    ),
    "nothing was asked": (
        "test_probes_that_do_not_apply_show_nothing",
        "test_a_probe_that_shows_no_level_earns_none",
        "test_what_was_never_started_has_not_reached_l0",
    ),
    "nothing was answered": (
        "test_an_end_without_an_answer_fails_in_an_image",
        "test_answers_without_facts_are_no_success",
        "test_answers_that_nobody_planned_stand_for_none",
        "test_missing_rounds_are_told",
    ),
    "another question was answered": (
        "test_another_version_of_a_probe_is_no_agreement",
        "test_another_data_set_is_no_agreement",
        "test_a_probe_of_the_same_name_with_another_text_is_another_question",
        "test_more_steps_than_were_asked_for_fail",
        "test_rounds_of_two_versions_of_a_probe_show_no_agreement",
        "test_a_cell_is_not_answered_from_another_suite",
    ),
    "an old or forged answer": (
        "test_repeated_answers_are_no_rounds",
        "test_replayed_runs_and_runs_of_one_probe_do_not_answer",
        "test_an_answer_that_a_probe_forges_is_not_believed",
        "test_a_probe_that_reads_its_marker_in_the_runners_memory_is_not_believed",
    ),
    "another image": (
        "test_a_comparison_is_not_answered_from_the_image_that_a_tag_stood_for",
        "test_a_run_is_not_taken_on_with_another_image",
        "test_a_tag_that_was_moved_is_not_answered_from_the_image_it_stood_for",
        "test_rounds_of_two_images_in_one_cell_are_a_finding",
    ),
    "another version than is claimed": (
        "test_a_rewritten_version_is_told_in_an_image",
        "test_a_python_of_this_host_that_is_another_fails_at_l1",
        "test_an_answer_that_the_files_contradict_fails",
    ),
    "no packages": (
        "test_an_empty_list_of_packages_fails_in_an_image",
        "test_a_framework_without_any_package_fails",
    ),
    "other data": (
        "test_generated_data_fails_in_an_image",
        "test_another_data_set_fails",
        "test_a_data_set_that_is_left_out_fails",
        "test_labels_of_one_class_fail_in_an_image",
        "test_labels_of_one_class_fail",
        "test_all_zero_labels_are_no_accuracy",
        "test_shuffled_labels_are_drift_in_an_image",
        "test_another_problem_shows_in_early_losses",
    ),
    "nothing was learned": (
        "test_weights_that_never_change_fail_in_an_image",
        "test_weights_that_did_not_move_fail",
        "test_weights_that_never_change_are_contradicted",
        "test_a_constant_loss_fails_in_an_image",
        "test_a_constant_loss_is_contradicted",
        "test_nan_is_no_accuracy",
        "test_an_accuracy_between_two_counts_of_images_fails",
        "test_wrong_images_that_are_not_as_many_as_the_error_fail",
        "test_bits_of_other_images_are_not_believed",
    ),
    "another device, other threads": (
        "test_a_silent_fall_back_to_the_cpu_fails",
        "test_a_gpu_in_a_container_that_was_handed_none_fails",
        "test_a_pin_of_threads_that_is_ignored_fails",
        "test_an_image_that_pins_itself_to_one_processor_is_told",
        "test_other_processors_give_no_times",
    ),
    "a clock that lies": (
        "test_an_image_that_slows_its_clocks_fails",
        "test_a_clock_that_runs_slow_fails",
        "test_a_clock_that_runs_slow_in_the_probe_alone_fails",
        "test_times_that_are_none_are_not_compared",
    ),
    "a reference that is none": (
        "test_an_absent_reference_is_said",
        "test_a_cell_alone_reaches_no_l4",
        "test_a_broken_reference_compares_nothing",
        "test_the_references_times_are_not_the_cells",
        "test_a_cell_with_the_weights_of_its_reference_and_another_loss_fails",
    ),
    "rounds that are none": (
        "test_one_round_is_never_the_same",
        "test_one_round_told_many_times_is_unverified",
        "test_two_rounds_from_one_seed_fail",
        "test_steps_are_not_samples",
        "test_the_same_model_in_every_round_counts_once",
        "test_blocks_are_no_rounds",
        "test_rounds_without_turns_give_no_times",
        "test_rounds_pair_by_their_number",
        "test_two_rounds_without_a_calibration_are_unverified",
        "test_equal_accuracies_of_few_images_do_not_prove_agreement",
    ),
    "rules that let all pass": (
        "test_what_a_rule_lets_pass_is_counted_in_every_report",
        "test_a_rule_and_a_band_that_match_nothing_are_a_notice_with_the_nearest_name",
        "test_an_ended_allowance_does_not_allow",
        "test_no_expectation_of_a_suite_hides_a_contradiction",
    ),
}
"""What would pass, and the tests that it does not."""

_WHERE = {"unit": "made records", "guest": "an interpreter", "real": "a real engine"}


def folders() -> Mapping[str, str]:
    """By name of a test that attacks: the folder it lies in."""
    found = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(one, ast.Call)
                and isinstance(one.func, ast.Attribute)
                and one.func.attr == "attack"
                for one in node.decorator_list
            ):
                found[node.name] = path.relative_to(ROOT / "tests").parts[0]
    return found


def page(attacks: list[Attack]) -> str:
    """The whole page, from what docs/attacks.md says. Raises KeyError for a test that is not
    there."""
    rows = {one.test: one for one in attacks}
    where = folders()
    lines = [
        f"| {what} | {rows[test].done} | {plain(rows[test].said)} | {_WHERE[where[test]]} |"
        for what, tests in PASSES.items()
        for test in tests
    ]
    real = sum(where[test] == "real" for tests in PASSES.values() for test in tests)
    return f"""# What would pass with nothing behind it

{len(lines)} ways to be green and show nothing, {real} of them tried on a real engine; each comes
out loud. The words are those of [attacks.md](attacks.md), where the names of the tests stand. This
page is written with it, and `tests/vacuous_passes.py` says what belongs to it.

| what would pass | what was done | what the harness says | tried on |
| --- | --- | --- | --- |
""" + "".join(f"{line}\n" for line in lines)
