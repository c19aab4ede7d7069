"""What the cures of training do: on rare classes, on a network that cannot learn, on a rate of 100, on overfitting.

    python benchmarks/guide.py [vanishing] [exploding] [overfitting] [imbalance TABLE:TARGET:CLASS ...]

imbalance    a perceptron with each cure against one with none, on tables in which CLASS, against all others, has 1 to
             10 % of the rows. Half of the out-of-fold rows weigh the cures and move the threshold, as a search does;
             the other half measures that, and the other way round. Together they raise average precision or balanced
             accuracy over none.
vanishing    twelve plain layers of sigmoids: the diagnosis names it, and what is tried for it learns.
exploding    a rate of 100: the diagnosis names it, and what is tried for it has a score and no such finding.
overfitting  a wide network on 120 noisy rows: it is named, and what is tried for it closes at least half of the gap.

Without arguments the last three, which make their own rows, are run.
"""

# ruff: noqa: ANN001, ANN003, ANN201, ANN202, E402
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

from automl_cli.training.runtime import prepare_tensorflow

prepare_tensorflow(threads=1)

import numpy as np

from automl_cli.data.dataset import input_columns
from automl_cli.data.described import Request, describe, read
from automl_cli.data.problem import prepare
from automl_cli.ensemble.selection import Candidate, select
from automl_cli.evaluation.decision import decide, fit_decision
from automl_cli.evaluation.metrics import METRICS
from automl_cli.records import Trial
from automl_cli.search.cures import changes_for
from automl_cli.training.folds import LabelledTable, encode_folds
from automl_cli.training.task import FoldData, TaskSetup
from automl_cli.training.trial import run_trial
from search_spaces.family import Layout, load_families

CURES = ("class_weights", "class_balanced", "over_sampling", "under_sampling", "smote", "focal", "logit_adjustment")
COLUMNS = 10
MOST_TRIED = 4


def family_for(rows):
    return load_families(["mlp"])["mlp"].for_table(task="binary", rows=rows)


def make_trial(number, rows, **values):
    """A perceptron with its defaults for so many rows but for these values."""
    space = family_for(rows).full_space
    given = space.active(values)
    return Trial(number, "mlp", given, int(given["epochs"]))


def made_folds(rows, *, noise, folds=2, seed=0):
    """Rows of ten numbers, of which two tell the class."""
    draw = np.random.default_rng(seed)
    numbers = draw.normal(size=(rows, COLUMNS)).astype(np.float32)
    target = (numbers[:, 0] + numbers[:, 1] + noise * draw.normal(size=rows) > 0).astype(np.int64)
    part = np.arange(rows) % folds
    groups = {"numbers": numbers, "quantiles": numbers}
    return [
        FoldData(
            {name: values[part != fold] for name, values in groups.items()},
            target[part != fold],
            {name: values[part == fold] for name, values in groups.items()},
            target[part == fold],
            Layout(numbers=COLUMNS),
        )
        for fold in range(folds)
    ]


def train(trial, folds):
    setup = TaskSetup("binary", 2, "log_loss", seed=0)
    with tempfile.TemporaryDirectory() as folder:
        return run_trial(trial, task=setup, folds=folds, folder=Path(folder) / f"{trial.number:04d}")


def cured(first, folds, *, code, rows):
    """Trains a trial and what is tried for what it shows, and prints both; returns all outcomes."""
    outcomes = [train(first, folds)]
    show(outcomes[0], code)
    families = {
        name: load_families([name])[name].for_table(task="binary", rows=rows) for name in ("mlp", "residual_mlp")
    }
    for family, values in list(changes_for(code, first, families=families))[:MOST_TRIED]:
        number = len(outcomes) + 1
        trial = Trial(number, family.name, values, int(values["epochs"]))
        outcomes.append(train(trial, folds))
        changed = {name: value for name, value in values.items() if first.hyperparameters.get(name) != value}
        show(outcomes[-1], code, changed if family.name == "mlp" else family.name)
    return outcomes


def show(outcome, code, changed=""):
    result = outcome.result
    named = [finding.code for finding in result.findings]
    print(
        f"  {result.state:<10} log loss {result.score if result.score is None else round(result.score, 4)!s:<8} ",
        end="",
    )
    print(f"{'named' if code in named else 'not named'}: {', '.join(named) or 'nothing'}  {changed}")


def passed(name, is_met):
    print(f"  {name}: {'met' if is_met else 'NOT MET'}")
    return is_met


def has(outcome, code):
    return any(finding.code == code for finding in outcome.result.findings)


def vanishing():
    folds = made_folds(600, noise=0.3)
    first = make_trial(1, 300, depth=12, width=32, activation="sigmoid", normalization="none", epochs=40, patience=40,
                       schedule="constant", dropout=0.0)  # fmt: skip
    outcomes = cured(first, folds, code="vanishing-gradients", rows=300)
    learned = min((o.result.score for o in outcomes[1:] if o.result.score is not None), default=np.inf)
    named = passed("named", has(outcomes[0], "vanishing-gradients"))
    return passed("the cure learns what the plain network did not", learned < 0.6 < outcomes[0].result.score) and named


def exploding():
    folds = made_folds(600, noise=0.3)
    first = make_trial(1, 300, learning_rate=100.0, gradient_clip_norm=0.0, epochs=30, schedule="constant", depth=4)
    outcomes, trial = [], first
    # The search comes down to a sane rate step by step, each a tenth of the one before.
    for number in range(1, 8):
        outcomes.append(train(trial, folds))
        show(outcomes[-1], "exploding-gradients", trial.hyperparameters["learning_rate"])
        if not has(outcomes[-1], "exploding-gradients"):
            break
        families = {"mlp": family_for(300)}
        _, values = next(changes_for("exploding-gradients", trial, families=families))
        trial = Trial(number + 1, "mlp", values, int(values["epochs"]))
    named = passed("named", has(outcomes[0], "exploding-gradients"))
    sane = outcomes[-1].result
    return passed("what follows is sane", len(outcomes) == 2 and sane.score is not None and sane.score < 0.69) and named


def overfitting():
    folds = made_folds(240, noise=1.5)
    first = make_trial(1, 120, width=256, depth=3, dropout=0.0, weight_decay=1e-6, epochs=60, patience=60,
                       schedule="constant", label_smoothing=0.0)  # fmt: skip
    outcomes, values = [train(first, folds)], dict(first.hyperparameters)
    show(outcomes[0], "overfitting")
    for number in range(2, 2 + MOST_TRIED):
        # All that is tried for it, one after the other in a search, is here tried together, and then once more.
        trial, changed = Trial(number, "mlp", values, 60), {}
        for _, moved in changes_for("overfitting", trial, families={"mlp": family_for(120)}):
            changed |= {name: value for name, value in moved.items() if value != values.get(name) and name != "epochs"}
        values = values | changed
        outcomes.append(train(Trial(number, "mlp", values, 60), folds))
        show(outcomes[-1], "overfitting", changed)
        if gap(outcomes[-1]) <= gap(outcomes[0]) / 2:
            break
    print(f"  gap of the losses at the end: {', '.join(f'{gap(outcome):.3f}' for outcome in outcomes)}")
    named = passed("named", has(outcomes[0], "overfitting"))
    return passed("half of the gap is closed", gap(outcomes[-1]) <= gap(outcomes[0]) / 2) and named


def gap(outcome):
    """Validation loss less training loss at the last epochs, on average over the folds."""
    return float(np.mean([np.mean(c.validation_loss[-3:]) - np.mean(c.loss[-3:]) for c in outcome.curves]))


def imbalance(tables):
    better = []
    for table in tables:
        folds, truth, rows = encoded(table)
        predictions = {}
        for number, cure in enumerate(("none", *CURES), start=1):
            outcome = train(make_trial(number, rows, imbalance=cure, epochs=60, patience=8), folds)
            if outcome.result.score is not None:
                predictions[cure] = np.concatenate(outcome.predictions)
        halves = np.random.default_rng(0).permutation(len(truth)) % 2
        print(f"{table}: {truth.mean():.1%} of {len(truth):,} rows")
        for name in ("average_precision", "balanced_accuracy"):
            none = np.mean(
                [METRICS[name].function(truth[halves == h], predictions["none"][halves == h]) for h in (0, 1)]
            )
            cured = np.mean([blended(name, predictions, truth=truth, learns=halves == half) for half in (0, 1)])
            print(f"  {name:<18} none {none:.4f}  cures {cured:.4f}")
            better.append((table, cured > none))
    return passed(
        "better on every table by one of both", all(any(b for t, b in better if t == name) for name, _ in better)
    )


def blended(name, predictions, *, truth, learns):
    """Weighs cures and moves the threshold by some rows, as a search does, and measures on the others."""
    metric, rest = METRICS[name], ~learns
    candidates = [
        Candidate(number, values[learns], metric.function(truth[learns], values[learns]), 1.0)
        for number, values in enumerate(predictions.values())
    ]
    weights = select(candidates, truth[learns], metric=metric).weights
    cures = list(predictions)
    print("    " + ", ".join(f"{cures[number]} {share:.0%}" for number, share in weights.items()))
    mean = sum(share * predictions[cures[number]] for number, share in weights.items())
    factors = fit_decision(truth[learns], mean[learns], metric=metric)
    return metric.function(truth[rest], decide(mean[rest], factors) if metric.reads == "labels" else mean[rest])


def encoded(table):
    """Reads a table; returns three folds of it, the truth of their validation rows, and rows to learn from."""
    path, target, wanted = table.rsplit(":", 2)
    request = Request(path, target, None, {}, {})
    problem = prepare(describe(read(request), request), seed=0, folds=3)
    classes = (problem.target.values == list(problem.target.classes).index(wanted)).astype(np.int64)
    columns = input_columns(problem.dataset)
    labelled = LabelledTable(problem.table, columns, classes, "binary")
    with tempfile.TemporaryDirectory() as folder:
        folds = [
            each.data for each in encode_folds(problem.split.folds, labelled, seed=0, folder=Path(folder) / "encoded")
        ]
        truth = np.concatenate([fold.validation_target for fold in folds])
        return [_in_memory(fold) for fold in folds], truth, len(problem.split.train)


def _in_memory(fold):
    """The files behind the arrays go with their folder."""
    train, validation = ({name: np.array(a) for name, a in part.items()} for part in (fold.train, fold.validation))
    return FoldData(train, np.array(fold.train_target), validation, np.array(fold.validation_target), fold.layout)


if __name__ == "__main__":
    own = {"vanishing": vanishing, "exploding": exploding, "overfitting": overfitting}
    words = sys.argv[1:] or list(own)
    tables = words[words.index("imbalance") + 1 :] if "imbalance" in words else []
    met = []
    for word in words[: len(words) - len(tables)]:
        print(word)
        met.append(imbalance(tables) if word == "imbalance" else own[word]())
    sys.exit(0 if all(met) else 1)
