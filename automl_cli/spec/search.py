"""The search settings: how long, by which strategy, over which families.

Every field is optional here: a flag beats the environment, the environment beats the file, the file beats the
default. `SearchSpec` is the outcome, with nothing left open.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from automl_cli.errors import UsageError
from automl_cli.spec.duration import parse_duration

StrategyName = Literal["auto", "hyperband", "bayesian", "random", "grid", "greedy", "manual"]
Preference = Literal["accurate", "fast", "small"]
Setting = bool | int | float | str


class SearchSettings(BaseModel):
    """What a user may say about the search; None means "not said"."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time: Annotated[float, Field(gt=0)] | None = Field(None, description="Wall time: seconds, or '90s', '5m', '1h'.")
    trials: Annotated[int, Field(ge=1)] | None = Field(None, description="Upper bound on trials.")
    metric: str | None = Field(None, description="What the search improves; see 'automl check --metrics'.")
    strategy: StrategyName | None = None
    families: list[str] | None = Field(None, description="Model families to choose from; see 'automl spaces'.")
    space: str | None = Field(None, description="A YAML file with a search space of your own.")
    seed: Annotated[int, Field(ge=0)] | None = None
    workers: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Trials at a time, each in a process of its own; 0 trains in the command's own process."
    )
    keep: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Best trials whose weights are kept; figures are kept of all."
    )
    prefer: Preference | None = Field(
        None, description="What the model is to be: as accurate as can be, or nearly so and fast or small."
    )
    single: bool | None = Field(None, description="Ship the best trial alone instead of an ensemble.")
    refit: bool | None = Field(None, description="Train the best trial once more on all rows, and ship that alone.")
    start_from: str | None = Field(None, description="An earlier run or a .keras file whose network is started from.")
    hyperparameters: dict[str, Setting] | None = Field(
        None, description="Values that are not searched. With strategy 'manual' the rest are defaults."
    )

    @field_validator("time", mode="before")
    @classmethod
    def _read_time(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return parse_duration(value)
        except UsageError as error:
            raise ValueError(error.message) from error

    def over(self, weaker: SearchSettings) -> SearchSettings:
        """Joins two settings: what is said here wins, the rest comes from `weaker`."""
        said = {name: value for name, value in self if value is not None}
        return weaker.model_copy(update=said)


class SearchSpec(BaseModel):
    """The plan of a search, fully resolved.

    Attributes:
        prefer: With "fast" or "small", the cheapest trial that is nearly as good as the best is shipped alone.
        folds: Of the validation; 1 is a hold-out.
        crosses: Whether crosses of columns are sought.
        horizon: Seconds that were given when the run began. Trials are planned for them, also if a run that goes on
            gets more: it would have to begin anew otherwise.
        lookahead: Trials that are given out before the strategy hears of the first of them; see `search.turns`. Part
            of the plan, because a run that goes on must be asked and told in the same order, with however many workers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    time: float
    trials: int | None
    metric: str
    strategy: StrategyName
    families: list[str]
    space: str | None
    seed: int
    hyperparameters: dict[str, Setting]
    start_from: str | None = None
    workers: int | None = None
    keep: int = 10
    prefer: Preference = "accurate"
    single: bool = False
    refit: bool = False
    folds: int = 1
    crosses: bool = False
    horizon: float = 300.0
    lookahead: int = 4


DEFAULTS = SearchSettings(
    time=300.0,
    strategy="auto",
    seed=0,
    keep=10,
    prefer="accurate",
    single=False,
    refit=False,
    hyperparameters={},
)
