"""What the report says of trainings: evidence, cure, and what the search did about it."""

from __future__ import annotations

from automl_cli.diagnosis import because
from automl_cli.records import Finding, Trial, TrialResult
from automl_cli.report.showed import what_showed

OVERFITS = Finding("overfitting", "warning", "The validation loss rises.", hint="more dropout")


def result(number: int, *findings: Finding, score: float | None = 0.75, origin: str = "default") -> TrialResult:
    return TrialResult(Trial(number, "mlp", {}, epochs=9, origin=origin), "completed", score, findings=findings)


def test_trials_of_the_model_are_told_of_and_what_was_tried_for_them() -> None:
    results = [result(3, OVERFITS), result(4, OVERFITS), result(9, score=0.8, origin=because(3, "overfitting"))]
    (line,) = what_showed(results, weights={3: 0.6, 9: 0.4}, findings=())
    assert (line.where, line.name, line.row) == ("trial 3", "Overfitting", 29)
    assert (line.evidence, line.cure) == ("The validation loss rises.", "more dropout")
    assert line.tried == "tried: trial 9 (0.8)"
    (alone,) = what_showed(results, weights={4: 1.0}, findings=())
    assert alone.tried == "not tried"


def test_what_all_trials_showed_stands_below() -> None:
    edge = Finding("edge-of-range", "info", "The best trial has width = 256.")
    beyond = result(8, score=None, origin="tried because width is best at the upper end of its range")
    worse = Finding("worse-than-baseline", "warning", "Nothing beats the linear model.")
    lines = what_showed([result(3), beyond], weights={3: 1.0}, findings=(worse, edge))
    assert [line.where for line in lines] == ["all trials", "all trials"]
    assert [line.tried for line in lines] == ["for you to decide", "tried: trial 8 (no score)"]
    assert lines[1].cure
