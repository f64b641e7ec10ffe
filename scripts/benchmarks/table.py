"""Printing and storing the lines."""

import json

HEADINGS = ("", "ours", "compared", "ratio", "target", "holds")


def figure(value, unit):
    if value is None:
        return "-"
    return f"{value:.3g} {unit}" if value < 1000 else f"{value:.0f} {unit}"


def target(line):
    if line.most_ratio:
        return f"ratio <= {line.most_ratio:.2f}"
    if line.least_ratio:
        return f"ratio >= {line.least_ratio:.2f}"
    if line.most_more:
        return f"<= {figure(line.most_more, line.unit)} more"
    return f"<= {figure(line.most, line.unit)}"


def cells(line):
    return (line.name, figure(line.median, line.unit), figure(line.median_by_hand, line.unit),
            "-" if line.ratio is None else f"{line.ratio:.2f}", target(line),
            "yes" if line.holds else "NO")


def print_grid(grid):
    """A table in Markdown that is also easy to read as it is; the first row is its heading."""
    widths = [max(len(row[column]) for row in grid) for column in range(len(grid[0]))]
    rows = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in grid]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    print("\n".join([rows[0], rule, *rows[1:]]))


def show(about, rounds, lines, warnings):
    print(f"{about['processor']}, {about['cores']} cores, {about['compiler']}, "
          f"commit {about['commit']}; medians of {rounds} rounds\n")
    print_grid([HEADINGS, *map(cells, lines)])
    for warning in warnings:
        print(f"\nNot a measurement: {warning}.", end="")
    print()


def write_json(path, about, rounds, lines, warnings):
    document = {
        "machine": about,
        "rounds": rounds,
        "warnings": warnings,
        "lines": [{
            "name": line.name,
            "unit": line.unit,
            "ours": line.ours,
            "compared": line.by_hand,
            "median": line.median,
            "ratio": line.ratio,
            "target": target(line),
            "holds": line.holds,
        } for line in lines],
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
