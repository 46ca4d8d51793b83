"""The leaderboard in the terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from assay.base.units import Tokens
from assay.report.board import Leaderboard, leaderboard
from assay.report.contents import Board, Comparison, RecipeScore

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

__all__ = ["Leaderboard", "leaderboard", "render", "to_json"]

_RECIPE_COLUMNS = 4
"""As many as are readable in 100 columns."""


def to_json(board: Leaderboard) -> dict[str, Any]:
    """The whole leaderboard as JSON-like values."""
    return {
        "sentence": board.sentence,
        "method": board.method,
        "boards": [
            Board.model_dump(each, mode="json", exclude={"sentence", "method", "other_scales"}) for each in board.boards
        ],
    }


def render(board: Leaderboard) -> RenderableType:
    """The leaderboard for a rich console: tables, then the verdict."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    several = len(board.boards) > 1
    parts: list[RenderableType] = []
    for each in board.boards:
        ranked = ["recipes, best first" if each.best else "recipes"]
        parts.append(_main_table(each, ", at ".join(ranked + ([each.scale] if several and each.scale else []))))
        parts.extend(_detail_tables(each))
    if not parts:
        parts.append(Text("Nothing was trained, evaluated or curated here yet."))
    if board.sentence:
        parts.append(Padding(Text(board.sentence, style="bold"), (0, 0, 1, 1)))
    return Group(*parts)


def _main_table(board: Board, title: str) -> Table:
    """One row a recipe. A column appears when some recipe has something in it."""
    columns: list[tuple[str, Callable[[RecipeScore], str]]] = [
        ("bits/byte", lambda row: _number(row.bits_per_byte)),
        (f"vs best ({board.confidence:.0%} interval)", lambda row: to_best(board, row)),
        ("seeds", lambda row: str(row.seeds or "")),
        ("tokens", lambda row: _count(row.tokens)),
        ("kept", lambda row: "" if row.kept_documents is None else f"{row.kept_documents:,}"),
    ]
    table = _table(title)
    table.add_column("recipe", overflow="fold")
    cells = [(name, [value(row) for row in board.recipes]) for name, value in columns]
    cells = [(name, values) for name, values in cells if any(values)]
    for name, _ in cells:
        table.add_column(name, justify="right")
    for index, row in enumerate(board.recipes):
        table.add_row(*map(_plain, [row.recipe, *(values[index] for _, values in cells)]))
    return table


def _detail_tables(board: Board) -> list[Table]:
    """One row a domain or task, one column a recipe, for what has no column in the main table."""
    tables = []
    if len(board.domains) > 1:
        tables.append(_detail_table("bits per byte by domain", board, [row.by_domain for row in board.recipes]))
    if any(row.accuracy for row in board.recipes):
        tables.append(_detail_table("accuracy by task", board, [row.accuracy for row in board.recipes]))
    return tables


def _detail_table(title: str, board: Board, scores: list[dict[str, float]]) -> Table:
    shown = board.recipes[:_RECIPE_COLUMNS]
    left = len(board.recipes) - len(shown)
    table = _table(f"{title} (best {len(shown)} of {len(board.recipes)} recipes; --json has all)" if left else title)
    table.add_column("")
    for row in shown:
        table.add_column(_plain(row.recipe), justify="right", overflow="fold")
    for name in dict.fromkeys(name for each in scores for name in each):
        table.add_row(*map(_plain, [name, *(_number(each.get(name)) for each in scores[: len(shown)])]))
    return table


def _table(title: str) -> Table:
    from rich import box
    from rich.table import Table

    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))


def _plain(text: str) -> Any:
    """Text as it is: names may hold what rich would take for markup."""
    from rich.text import Text

    return Text(text)


def to_best(board: Board, row: RecipeScore) -> str:
    """How far a recipe is from the best, in words and numbers."""
    if row.recipe == board.best:
        return "best" if board.comparisons else ""
    found = board.compared(row.recipe, board.best)
    return f"{signed(found.difference)} [{interval(found)}] {found.verdict}" if found else ""


def interval(comparison: Comparison) -> str:
    """The interval of a comparison: "+0.010, +0.024"."""
    return f"{signed(comparison.low)}, {signed(comparison.high)}"


def signed(value: float) -> str:
    """Three decimals with a sign; the sign of a rounded zero is +."""
    return f"{round(value, 3) + 0.0:+.3f}".replace("-", "−")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _count(value: int | None) -> str:
    return "" if value is None else str(Tokens(value)).split()[0]
