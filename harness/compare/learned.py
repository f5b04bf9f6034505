"""Finds where answers about learning contradict themselves, or what was asked.

Each function yields sentences that describe a contradiction; `contradictions` lists the functions.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.compare.answered import Learned

_EXACT = 1e-6
"""The rounding error allowed in a share of images."""
_SAME_LOSS = 1e-4
"""The relative difference allowed in the loss where the weights are the same."""
_WITHOUT_COUNT = 1e-3
"""Stands for the share of one image where the number of images is not given."""


def steps_asked(one: Learned) -> Iterator[str]:
    """Check that as many training steps were done as were asked for."""
    told, settings = one.number("steps"), one.of.record.settings
    steps, epochs = settings.get("steps"), settings.get("epochs")
    if epochs and not isinstance(epochs, bool) and isinstance(epochs, int | float):
        images, batch = one.count("train_images"), one.count("batch_size")
        asked = int(epochs * images // batch) if images and batch else None
        what = f"{_many(epochs, 'epoch')} of {images} images in batches of {batch}"
    elif steps and not isinstance(steps, bool) and isinstance(steps, int | float):
        asked, what = int(steps), _many(steps, "training step")
    else:
        return
    if told is None and one.standard:
        yield f"asked for {what}, it does not say how many steps it trained"
    elif told is not None and asked is not None and told != asked:
        yield f"asked for {what}, it reports {told:g} training steps"


def data_given(one: Learned) -> Iterator[str]:
    """Check that it trained on the data set it was given."""
    given, told = one.of.record.dataset_digest, one.fact("dataset_sha256")
    if not given or told == given:
        return
    if told is not None:
        yield f"given the data set {_short(given)}, it trained on {_short(told)}"
    elif one.standard:
        yield f"given the data set {_short(given)}, it does not say which one it trained on"


def weights_moved(one: Learned) -> Iterator[str]:
    """Check that training changed the weights."""
    final = one.fact("final_weights_sha256")
    if final is not None and final == one.fact("initial_weights_sha256"):
        yield "it says that it trained, but its final weights equal the initial ones"


def losses_move(one: Learned) -> Iterator[str]:
    """Check that the loss changes from batch to batch, and that the last one is the final loss."""
    losses, final = one.series("loss"), one.number("final_loss")
    if losses and len(losses) > 1 and len(set(losses)) == 1:
        yield f"all its {len(losses)} losses are equal"
    every, steps = one.count("series_every"), one.count("steps")
    if losses is None or every is None or steps is None:
        return
    wanted = 1 + (steps - 1) // every
    if len(losses) != wanted:
        yield f"{_many(steps, 'step')} give {wanted} losses, but it reports {len(losses)}"
    elif final is not None and (steps - 1) % every == 0 and final != losses[-1]:
        yield f"the last of its losses is {losses[-1]:g}, but its final loss is {final:g}"


def shares_are_shares(one: Learned) -> Iterator[str]:
    """Check that shares lie between 0 and 1, and that accuracy and error of the same images add up
    to 1."""
    for name in ("test_accuracy", "test_error", "validation_error"):
        share = one.number(name)
        if share is not None and not 0 <= share <= 1:
            yield f"{one.named(name)} is {share:g}, but a share lies between 0 and 1"
    accuracy, error = one.number("test_accuracy"), one.number("test_error")
    if accuracy is not None and error is not None and abs(accuracy + error - 1) > _EXACT:
        yield f"an accuracy of {accuracy:g} and an error of {error:g} do not add up to 1"


def shares_count_images(one: Learned) -> Iterator[str]:
    """Check that a share corresponds to a whole number of images."""
    for name, images in (
        ("test_accuracy", one.count("test_images")),
        ("validation_error", one.count("validation_images")),
    ):
        share = one.number(name)
        if share is None or images is None or not 0 <= share <= 1:
            continue
        if abs(share * images - round(share * images)) > _EXACT * images:
            yield f"{one.named(name)} is {share!r}, which is no whole number of {images} images"


def same_weights(one: Learned, other: Learned) -> Iterator[str]:
    """Check that equal weights give the same answers: the accuracy to one image, the loss to its
    fourth digit."""
    final = one.fact("final_weights_sha256")
    alike = all(
        one.fact(name) == other.fact(name)
        for name in ("dataset_sha256", "test_images", "final_weights_sha256")
    )
    if final is None or not alike:
        return
    images = one.count("test_images")
    apart = 1 / images + _EXACT if images else _WITHOUT_COUNT
    here, there = one.number("test_accuracy"), other.number("test_accuracy")
    if here is not None and there is not None and abs(here - there) > apart:
        yield f"equal final weights, but accuracies of {there:.6g} and {here:.6g}"
    if one.fact("steps") != other.fact("steps"):
        return
    here, there = _final_loss(one), _final_loss(other)
    if here is not None and there is not None and abs(here - there) > _SAME_LOSS * abs(here):
        yield f"equal final weights, but losses of {there:.7g} and {here:.7g}"


def _final_loss(one: Learned) -> float | None:
    losses = one.series("loss")
    final = one.number("final_loss")
    return final if final is not None else losses[-1] if losses else None


def _many(number: float, what: str) -> str:
    return f"{number:g} {what}" + ("" if number == 1 else "s")


def _short(digest: object) -> str:
    return str(digest)[:12]
