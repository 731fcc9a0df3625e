"""The table, one line a figure."""

from bench.measure import Figure

WIDTHS = (26, 34, 46, 20, 24, 18)


def heading() -> str:
    return _row("", "Redress", "beside", "Redress | beside", "ratio (low to high)", "target")


def line(figure: Figure) -> str:
    told = _row(figure.item, figure.what, figure.beside, _numbers(figure), _ratio(figure), _target(figure))
    return f"{told}\n{'':4}{figure.says}" if figure.says else told


def _numbers(figure: Figure) -> str:
    if figure.ours is None:
        return "-"
    theirs = f" | {figure.theirs:,.0f}" if figure.theirs is not None else ""
    return f"{figure.ours:,.0f}{theirs} {figure.unit}"


def _ratio(figure: Figure) -> str:
    if figure.ratio is None:
        return "-"
    return f"{figure.ratio:.2f} ({figure.low:.2f} to {figure.high:.2f})"


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    sign = ">=" if figure.at_least else "<="
    return f"{sign} {figure.target:g}: {'met' if figure.met else 'MISSED'}"


def _row(*cells: str) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()
