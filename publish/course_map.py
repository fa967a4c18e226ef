"""The map of the course as a drawing: which lesson needs which."""

import re
import textwrap
from html import escape

STEP, HIGH, RADIUS = 170, 104, 25  # pixels from column to column, from row to row, and of a place


def drawn(lessons: list[dict[str, str]]) -> str:
    """An SVG with a place for each lesson, right of all that it needs, and the lines between.

    Args:
        lessons: each with number, page, title and needs, in which numbers of lessons stand.
    """
    needs = {
        lesson["number"]: re.findall(r"\b\d\d\b", lesson.get("needs", ""))
        for lesson in lessons
        if "needs" in lesson
    }
    columns: dict[str, int] = {}
    for number, others in needs.items():
        columns[number] = 1 + max((columns.get(other, -1) for other in others), default=-1)
    rows: dict[int, list[str]] = {}
    for number, column in columns.items():
        rows.setdefault(column, []).append(number)
    most = max(map(len, rows.values()), default=0)
    places = {
        number: (80 + STEP * column, 40 + HIGH * (row + (most - len(group)) / 2))
        for column, group in rows.items()
        for row, number in enumerate(group)
    }
    lines = [_line(places[a], places[b]) for b in places for a in _last(b, needs)]
    points = [
        _point(lesson, *places[lesson["number"]])
        for lesson in lessons
        if lesson["number"] in places
    ]
    width, height = 160 + STEP * max(rows, default=0), 10 + HIGH * most
    label = 'role="group" aria-label="Which lesson needs which"'
    parts = "\n".join([*lines, *points])
    return f'<svg class="map" viewBox="0 0 {width} {height}" {label}>\n{parts}\n</svg>'


def _last(number, needs):
    """What a lesson needs, without what this needs itself."""
    known = {other for other in needs[number] if other in needs}
    return sorted(known - {far for near in known for far in _all(near, needs)})


def _all(number, needs):
    direct = {*needs.get(number, ())}
    return direct.union(*(_all(other, needs) for other in direct))


def _line(start, end):
    (x, y), (to_x, to_y) = start, end
    half = (x + to_x) / 2
    return f'<path d="M{x} {y:g}C{half:g} {y:g} {half:g} {to_y:g} {to_x} {to_y:g}"/>'


def _point(lesson, x, y):
    number, title = lesson["number"], escape(lesson.get("title", ""))
    names = " ".join(
        f'<tspan x="{x}" y="{y + RADIUS + 17 + 16 * k:g}">{line}</tspan>'
        for k, line in enumerate(textwrap.wrap(title, 21))
    )
    return (
        f'<a href="{lesson["page"]}" aria-label="{number} {title}">'
        f'<circle cx="{x}" cy="{y:g}" r="{RADIUS}"/><text x="{x}" y="{y + 7:g}">{number}</text> '
        f'<text class="name">{names}</text></a>'
    )
