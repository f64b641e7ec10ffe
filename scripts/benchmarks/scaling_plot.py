"""Draws the predicted and the measured costs of an exchange as SVG."""

import math
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 920, 690
PANEL_WIDTH, PANEL_HEIGHT = 340, 225
LEFT, TOP = 75, 95
GAP_X, GAP_Y = 95, 90
COLORS = ("#4c72b0", "#dd8452", "#2f8f5b", "#c44e52", "#8172b3")


@dataclass(frozen=True)
class Series:
    """Points (ranks, value); dashed and with hollow marks where there are two levels."""

    name: str
    color: str
    hollow: bool
    predicted: list
    measured: list


@dataclass(frozen=True)
class Panel:
    title: str
    series: list
    logarithmic: bool = True
    ticks: list = field(default_factory=list)  # of the vertical axis, from the lowest to the top


class Axes:
    """Where the values of a panel are on the page."""

    def __init__(self, left, top, panel, most_ranks):
        self.left, self.top = left, top
        self.panel = panel
        self.most_ranks = most_ranks

    def x(self, ranks):
        return self.left + PANEL_WIDTH * math.log(ranks) / math.log(self.most_ranks)

    def y(self, value):
        low, high = self.panel.ticks[0], self.panel.ticks[-1]
        if self.panel.logarithmic:
            value, low, high = math.log(value), math.log(low), math.log(high)
        return self.top + PANEL_HEIGHT * (1 - (value - low) / (high - low))

    def points(self, values):
        """Of those that can be drawn: a logarithmic axis has no zero."""
        return [(self.x(ranks), self.y(value)) for ranks, value in values
                if value > 0 or not self.panel.logarithmic]


def decades(series):
    """Powers of ten around all values."""
    values = [value for one in series for _, value in (*one.predicted, *one.measured) if value > 0]
    first = math.floor(math.log10(min(values)))
    last = math.ceil(math.log10(max(values)))
    return [10.0 ** power for power in range(first, max(last, first + 1) + 1)]


def text(x, y, content, anchor="middle", size=12, weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
            f'font-weight="{weight}">{escape(content)}</text>')


def line(x1, y1, x2, y2, color="#d8d8d8", width=1.0, dash=""):
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" '
            f'stroke-width="{width}"{dashes}/>')


def mark(x, y, series):
    fill = "white" if series.hollow else series.color
    return (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{series.color}" '
            'stroke-width="1.8"/>')


def curve(points, series):
    dash = ' stroke-dasharray="6 4"' if series.hollow else ""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (f'<polyline points="{path}" fill="none" stroke="{series.color}" stroke-width="1.6"'
            f"{dash}/>")


def draw_panel(axes, all_ranks):
    panel = axes.panel
    bottom, right = axes.top + PANEL_HEIGHT, axes.left + PANEL_WIDTH
    yield text(axes.left, axes.top - 12, panel.title, anchor="start", size=13, weight="bold")
    for tick in panel.ticks:
        y = axes.y(tick)
        yield line(axes.left, y, right, y)
        yield text(axes.left - 8, y + 4, f"{tick:,.10g}", anchor="end")
    for ranks in all_ranks:
        yield line(axes.x(ranks), bottom, axes.x(ranks), bottom + 5, color="#444444")
        yield text(axes.x(ranks), bottom + 19, str(ranks))
    yield text((axes.left + right) / 2, bottom + 36, "ranks")
    yield line(axes.left, bottom, right, bottom, color="#444444")
    for series in panel.series:
        yield curve(axes.points(series.predicted), series)
        yield from (mark(x, y, series) for x, y in axes.points(series.measured))


def draw_legend(series):
    yield text(LEFT, 28, "One exchange: predicted (lines) and measured (circles)", anchor="start",
               size=16, weight="bold")
    x = LEFT
    for one in series:
        yield curve([(x, 52), (x + 34, 52)], one)
        yield mark(x + 17, 52, one)
        yield text(x + 41, 56, one.name, anchor="start")
        x += 70 + 6 * len(one.name)


def draw(panels):
    """The picture of up to four panels with the same series."""
    all_ranks = sorted({ranks for panel in panels for one in panel.series
                        for ranks, _ in one.measured})
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
             f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" fill="#222222">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
             *draw_legend(panels[0].series)]
    for number, panel in enumerate(panels):
        axes = Axes(LEFT + number % 2 * (PANEL_WIDTH + GAP_X),
                    TOP + number // 2 * (PANEL_HEIGHT + GAP_Y), panel, all_ranks[-1])
        parts += draw_panel(axes, all_ranks)
    return "\n".join([*parts, "</svg>", ""])
