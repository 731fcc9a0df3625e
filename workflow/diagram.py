"""The state diagram, made from the workflow table: the main road or the whole, with a case's own path marked."""

from collections.abc import Iterator, Mapping, Sequence

from persistence.log import Entry
from states.decisions import DECISIONS, STATES, UNOPENED
from states.errors import UnknownState, WrongWords
from states.table import INTERNAL, SAME, TABLE

# The six decisions behave alike, so the diagram draws them as one state, which keeps it readable.
DECISION = "decision"


def edges(*, full: bool) -> list[tuple[str, str, str]]:
    """(source, dest, trigger) of every arrow, each once; without the rows that stay where they are."""
    found: dict[tuple[str, str, str], None] = {}
    for row in TABLE:
        if (row.main_road or full) and row.dest != SAME and row.trigger not in INTERNAL:
            for source in row.sources:
                found[(drawn_as(source), drawn_as(row.dest), row.trigger)] = None
    return [edge for edge in found if full or _is_on_the_main_road(edge)]


def drawn_as(state: str) -> str:
    """A state as the diagram names it: the six decisions are one."""
    return DECISION if state in DECISIONS else state


# The main road shows these from where they are usual; an appeal on section I alone may be lodged, and a window whose
# family came to the adviser too late may close, in the states between too, which the full view shows.
USUAL: Mapping[str, tuple[str, ...]] = {
    "lodge_appeal": ("letter_sent", "certificate_issued", "appeal_expired"),
    "expire_appeal": ("letter_sent", "certificate_issued"),
    "close": ("appeal_lodged", "appeal_expired", "agreement_reached"),
    "concede": (),
}


def _is_on_the_main_road(edge: tuple[str, str, str]) -> bool:
    source, _, trigger = edge
    return trigger not in USUAL or source in USUAL[trigger]


def mermaid(*, full: bool = False, path: Sequence[Entry] = ()) -> str:
    """The diagram as Mermaid text. A path marks the states that a case has been in, and the one it is in.

    Raises UnknownState for a path that leads by a state that this version does not know.
    """
    for entry in path:
        for state in (entry.source, entry.dest):
            if state not in STATES and state != UNOPENED:
                raise UnknownState(reference=entry.case, state=state)
    drawn = edges(full=full)
    been = [drawn_as(entry.dest) for entry in path]
    taken = {(drawn_as(entry.source), drawn_as(entry.dest), entry.trigger) for entry in path}
    missing = [edge for edge in taken if edge not in drawn and edge[0] not in (edge[1], UNOPENED)]
    lines = ["stateDiagram-v2", f"    [*] --> {been[0] if been else DECISION}"]
    if full and not been:
        lines.append("    [*] --> decision_awaited")
    lines += [f"    {source} --> {dest} : {', '.join(names)}" for (source, dest), names in _merged([*drawn, *missing])]
    lines += ["    closed --> [*]"]
    if been:
        lines += ["    classDef been fill:#dbeafe,stroke:#1d4ed8", "    classDef here fill:#1d4ed8,color:#ffffff"]
        lines += [f"    class {state} been" for state in dict.fromkeys(been) if state != been[-1]]
        lines += [f"    class {been[-1]} here"]
    return "\n".join(lines)


def svg(text: str) -> str:
    """The diagram as a picture, by the Mermaid engine that the optional package mermaidx carries. Raises WrongWords."""
    try:
        from mermaidx import render
    except ImportError as missing:
        raise WrongWords(
            "--svg needs the package mermaidx, which comes with redress[svg]; the Mermaid text needs nothing."
        ) from missing
    return str(render(text).svg())


def _merged(drawn: Sequence[tuple[str, str, str]]) -> Iterator[tuple[tuple[str, str], list[str]]]:
    """The arrows between the same two states as one, in the order of the states."""
    between: dict[tuple[str, str], list[str]] = {}
    for source, dest, trigger in drawn:
        between.setdefault((source, dest), []).append(trigger)
    order = [DECISION, *STATES]
    yield from sorted(between.items(), key=lambda each: (order.index(each[0][0]), order.index(each[0][1])))
