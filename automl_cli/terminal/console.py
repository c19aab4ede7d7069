"""The two voices of a command: stdout carries data that can be piped, stderr carries talk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape

from automl_cli.records import Finding, to_json


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a command prints; rich honours NO_COLOR, TERM and pipes by itself.

    Attributes:
        data: stdout.
        talk: stderr; silent with `-q`.
        verbose: Whether reasons and notes are shown in full.
        json: Whether stdout is for a machine.
    """

    data: Console
    talk: Console
    verbose: bool = False
    json: bool = False

    @property
    def is_live(self) -> bool:
        """Whether talk reaches a person who watches."""
        return self.talk.is_terminal and not self.talk.quiet

    def say(self, text: RenderableType = "") -> None:
        """Prints talk; a sentence is never broken where nobody's window is that narrow."""
        self.talk.print(text, highlight=False, soft_wrap=isinstance(text, str) and not self.talk.is_terminal)

    def show(self, result: RenderableType, machine: Any) -> None:
        """Prints the answer: for people, or `machine` as JSON where `--json` was given."""
        if self.json:
            # print, not rich: wrapping or colour would break the JSON
            print(json.dumps(to_json(machine), indent=2, ensure_ascii=False), file=self.data.file)
        else:
            self.data.print(result, highlight=False)

    def warn(self, finding: Finding) -> None:
        """Prints one finding with its hint."""
        colour = {"info": "cyan", "warning": "yellow", "error": "red"}[finding.severity]
        self.say(f"[{colour}]{finding.severity}:[/] {escape(finding.message)}")
        if finding.hint:
            self.say(f"  [dim]{escape(finding.hint)}[/]")


def make_terminal(*, quiet: bool = False, verbose: bool = False, json: bool = False) -> Terminal:
    """Opens stdout and stderr; piped text is wide enough that tables are never cut."""
    data, talk = Console(soft_wrap=False), Console(stderr=True, quiet=quiet)
    for console in (data, talk):
        if not console.is_terminal:
            console.width = 160
    return Terminal(data=data, talk=talk, verbose=verbose, json=json)
