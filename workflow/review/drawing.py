"""SVG as text: elements whose attributes and words are escaped. What it looks like is the style sheet's."""

from collections.abc import Sequence

from markupsafe import Markup, escape


def element(name: str, *inside: str, **attributes: object) -> Markup:
    """An element; words inside are escaped unless they are markup. `class_` is written class, x_y is written x-y."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_short(value))}"' for key, value in attributes.items()
    )
    return Markup(f"<{name}{said}>{Markup('').join(map(escape, inside))}</{name}>")  # noqa: S704  (escaped above)


def _short(value: object) -> object:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value


def picture(name: str, width: float, height: float, title: str, description: str, parts: Sequence[Markup]) -> Markup:
    """A drawing that says in words what it shows. `name` is its own on the page."""
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-desc"),
        *parts,
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        xmlns="http://www.w3.org/2000/svg",
        class_=f"picture {name}",
    )


def words_at(text: str, x: float, y: float, kind: str = "", anchor: str = "start") -> Markup:
    return element("text", text, x=x, y=y, class_=kind or "words", text_anchor=anchor)
