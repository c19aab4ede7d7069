"""What a run shows of practices 1 to 7 and 11 to 16: the training itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from automl_cli.data.phrases import count_of
from automl_cli.report.practices.evidence import Evidence, named
from automl_cli.report.practices.judgement import Judgement, applied, not_for_this, unused
from automl_cli.report.practices.values import families_of, in_model, of_value, shown, switched_on


def prepared(evidence: Evidence) -> Judgement:
    """Practice 1."""
    if not evidence.split_method:
        return unused("the run did not get as far as dividing its rows")
    learned, sealed = evidence.train_rows, evidence.test_rows
    return applied(
        f"split {evidence.split_method}: {learned:,} rows to learn from, {sealed:,} sealed; scaling was fitted on the "
        "training rows of each fold"
    )


def architecture(evidence: Evidence) -> Judgement:
    """Practice 2."""
    if not evidence.results:
        return unused("no trial has ended yet")
    members = dict.fromkeys(r.trial.family for r in evidence.results if evidence.is_member(r))
    kept = f"; the model has {shown(members)}" if members else ""
    return applied(f"{families_of(evidence)} were tried{kept}")


def forward(evidence: Evidence) -> Judgement:
    """Practice 3."""
    trained = evidence.scored
    if not trained:
        return unused("no trial has ended with predictions yet")
    return applied(f"{evidence.train_rows:,} rows were predicted by {count_of(len(trained), 'trial')}, each row unseen")


def loss(evidence: Evidence) -> Judgement:
    """Practice 4."""
    if not evidence.networks:
        return unused("no network was trained; trees and the linear model have losses of their own")
    usual = "cross-entropy" if evidence.is_classification else "mse"
    names = {str(r.trial.hyperparameters.get("loss", usual)) for r in evidence.networks}
    return applied(f"{count_of(len(evidence.networks), 'network')} minimised {shown(sorted(names))}")


def backward(evidence: Evidence) -> Judgement:
    """Practice 5."""
    if not evidence.networks:
        return unused("no network was trained; boosted trees follow gradients of each row's loss")
    clipped = [r for r in evidence.networks if r.trial.hyperparameters.get("gradient_clip_norm")]
    return applied(
        f"{count_of(len(evidence.networks), 'network')} by gradient, {len(clipped)} with a limit on its norm"
    )


def update(evidence: Evidence) -> Judgement:
    """Practice 6."""
    epochs = sum(result.epochs * max(len(result.fold_scores), 1) for result in evidence.networks)
    if not epochs:
        return unused("no network came to the end of an epoch")
    return applied(f"networks went {epochs:,.0f} times over their rows, folds counted, by {_optimizers(evidence)}")


def convergence(evidence: Evidence) -> Judgement:
    """Practice 7."""
    networks = [result for result in evidence.networks if result.score is not None]
    if not networks:
        return unused("no network was trained to its end")
    early = [r for r in networks if r.epochs < r.trial.epochs and r.state == "completed"]
    cut = [r for r in networks if r.state == "stopped"]
    also = f"; the clock or the user cut {named(cut)} short" if cut else ""
    return applied(f"{len(early)} of {count_of(len(networks), 'network')} ended before their last epoch{also}")


def batch_size(evidence: Evidence) -> Judgement:
    """Practice 11."""
    return of_value(evidence, "batch_size")


def optimizer(evidence: Evidence) -> Judgement:
    """Practice 12."""
    return of_value(evidence, "optimizer")


def searched_values(evidence: Evidence) -> Judgement:
    """Practice 13."""
    names = ("learning_rate", "batch_size", "epochs", "depth", "width", "activation")
    tried = {name: len(evidence.values(name)) for name in names}
    if not any(tried.values()):
        return unused(f"no trial has them: {families_of(evidence)} were tried")
    words = [f"{count} of {name.replace('_', ' ')}" for name, count in tried.items() if count]
    return applied(f"different values were tried: {', '.join(words)}")


def penalties(evidence: Evidence) -> Judgement:
    """Practice 14."""
    found = switched_on(evidence, "l1", "l2", "weight_decay", "max_norm", "weight_average", "mixup_alpha")
    if not found:
        return unused("no trial had a penalty")
    return in_model(evidence, found, what="penalties and averages:")


def dropout(evidence: Evidence) -> Judgement:
    """Practice 15."""
    found = switched_on(evidence, "dropout", "normalization")
    if not found:
        return unused("no trial dropped units or normalised between its layers")
    return in_model(evidence, found, what="layers of")


def early_stopping(evidence: Evidence) -> Judgement:
    """Practice 16."""
    stopped, kept = _stopped_early(evidence)
    if stopped or kept:
        return applied(stopped or kept)
    if evidence.networks:
        return applied(f"patience was set, and no network of {named(evidence.networks)} came to its end")
    trees = [result for result in evidence.scored if "patience" in result.trial.hyperparameters]
    if trees:
        return applied(f"{named(trees)}: trees are added until the validation rows say that it is enough")
    return not_for_this("nothing was trained step by step")


def _stopped_early(evidence: Evidence) -> tuple[str, str]:
    """Tells of a network that stopped before its last epoch, and of one whose best epoch was not its last; or ""."""
    kept = ""
    for result in sorted(evidence.networks, key=evidence.precedence):
        curves = evidence.curves(result.trial.number)
        for fold, (curve, best) in enumerate(zip(curves, result.best_epochs, strict=False), start=1):
            epochs, bound = len(curve.loss), result.trial.epochs
            where = f"trial {result.trial.number}" + (f", fold {fold}," if len(curves) > 1 else "")
            if epochs < bound and result.state == "completed":
                return f"{where} stopped at epoch {epochs} of {bound}, weights of epoch {best} kept", kept
            if best < epochs and not kept:
                kept = f"{where} trained for {epochs} epochs, weights of epoch {best} kept"
    return "", kept


def _optimizers(evidence: Evidence) -> str:
    return shown(evidence.values("optimizer"))


RULES: Mapping[int, Callable[[Evidence], Judgement]] = {
    1: prepared,
    2: architecture,
    3: forward,
    4: loss,
    5: backward,
    6: update,
    7: convergence,
    11: batch_size,
    12: optimizer,
    13: searched_values,
    14: penalties,
    15: dropout,
    16: early_stopping,
}
