"""Derives the result of a pass from how its container ended and what the conversation gave."""

from __future__ import annotations

from harness.engines import Performed
from harness.engines.guestwork import printed
from harness.engines.oci.capabilities import Capabilities
from harness.engines.oci.containers import ContainerEnd
from harness.engines.oci.neighbours import NEIGHBOURS
from harness.model import Outcome
from harness.probing.exchange import Exchange


def performed(
    ended: ContainerEnd, exchange: Exchange, noise: bytes, row: Capabilities
) -> Performed:
    """Return the answers that count, and the outcome of the first question that has none."""
    outcome, reason = ended.outcome, ended.reason
    if outcome is Outcome.OK and exchange.over_budget:
        outcome, reason = Outcome.OUTPUT_LIMIT, "more output than its byte budget"
    elif outcome is Outcome.NO_ANSWER and any(
        ended.exit == code and said.encode() in noise for code, said in row.no_program
    ):
        outcome, reason = Outcome.NO_INTERPRETER, "there is no such program"
    exchange.end(whole=outcome is Outcome.OK)
    if exchange.complete and outcome in (Outcome.CRASHED, Outcome.NO_ANSWER):
        # The runner ends normally after its last frame, so something else wrote that frame.
        exchange.disturb(f"all answers came, but then the runner did not end normally: {reason}")
    return Performed(
        answers=exchange.answers,
        outcome=outcome,
        reason=reason,
        noise=printed(noise, exchange),
        seconds=ended.seconds,
        signal=ended.signal,
        begun=exchange.begun,
        observed={NEIGHBOURS: "; ".join(ended.looked)} if ended.looked else {},
    )
