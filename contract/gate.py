"""Whether a model is worth more than a guess: always answering the median of what past runs cost."""

from contract.container import Evaluation

GOOD_MEDIAN_APE = 0.10
"""A model this good passes though the guess is as good: some workflows cost the same every time."""
CLEARLY_LOWER = 0.8
"""A model passes if its median error is below this share of the guess's, noise in few runs or not."""
HARMLESS_PINBALL = 0.005
"""A pinball loss of log cost that is that of errors of about 2 %: being worse by less is being as good."""
SIGNIFICANCE = 2.0
"""Standard errors by which it must else be better."""


def beats_guess(evaluation: Evaluation, significance: float = SIGNIFICANCE) -> bool:
    """Say whether the challenger is better than the trivial baseline, or simply right."""
    own, baseline = evaluation.challenger.median_ape, evaluation.baseline.median_ape
    difference = evaluation.baseline_difference
    noise = significance * difference.standard_error
    better = difference.pinball < 0 and difference.pinball < -noise
    clearly = own < CLEARLY_LOWER * baseline and difference.pinball < 0
    good = own <= GOOD_MEDIAN_APE and difference.pinball <= max(noise, HARMLESS_PINBALL)
    return better or clearly or good
