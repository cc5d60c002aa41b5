"""Read a chart back: what its paths and texts say, as numbers and words."""

import re
from xml.etree import ElementTree

PATH = re.compile(r"M([-\d.]+) ([-\d.]+)h([-\d.]+)v([-\d.]+)h[-\d.]+z")


def drawing(svg):
    """Return the parsed chart with namespaces dropped; a chart that is not well-formed fails here."""
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def columns(svg, kind):
    """Return the boxes of a series as {middle x: height}."""
    return {float(x) + float(width) / 2: float(height) for x, _, width, height in boxes(svg, kind)}


def boxes(svg, kind):
    """Return the boxes of a series as tuples of texts: x, y, width, height."""
    return [match for path in svg.findall(f".//*[@data-series='{kind}']") for match in PATH.findall(path.get("d"))]


def own_at(svg):
    """Return the x at which one's own mark points, or none without a mark."""
    marks = svg.findall(".//*[@data-series='own']")
    return float(marks[0].get("d")[1:].split(" ")[0]) if marks else None


def texts(svg):
    """Return all words that are drawn."""
    return [element.text for element in svg.findall(".//text")]
