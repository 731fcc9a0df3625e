"""The command `redress review`: pages in a browser on which everything can be looked at and nothing changed."""

from typing import Annotated

import typer

from workflow.session import Session
from workflow.words import QUESTIONS

review_pages = typer.Typer(rich_markup_mode=None)


@review_pages.command(rich_help_panel=QUESTIONS)
def review(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any that is free.")] = 8400,
    listen: Annotated[str, typer.Option(metavar="ADDRESS", help="The address of this machine.")] = "127.0.0.1",
    trust_header: Annotated[
        str | None, typer.Option(metavar="NAME", help="Behind a reverse proxy: the header that names the user.")
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="HOST", help="Another name to answer to; may be repeated.")
    ] = None,
    prove_every: Annotated[
        int, typer.Option(metavar="MINUTES", min=0, max=10080, help="How often the log is proved; 0: never.")
    ] = 60,
) -> None:
    """Look at everything in a browser on this machine: the board, each case, the log, the dashboard."""
    from workflow.review.serve import Served, serve

    session: Session = context.obj
    serve(session, Served(listen, port, trust_header, tuple(allow_host or ()), prove_every))
