"""Draws the charts of `chart_specs` as PDFs by four engines, none of which knows the others.

matplotlib, ReportLab's graphics, Vega-Lite (by vl-convert) and pygal (its SVG, by vl-convert).
"""

from __future__ import annotations

import functools
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pymupdf
from chart_specs import LINES, Chart


def ticks_of(axis: tuple[float, float, float]) -> list[float]:
    """The ticks of a linear axis."""
    low, high, step = axis
    return [round(low + k * step, 10) for k in range(round((high - low) / step) + 1)]


def number(chart: Chart, value: float) -> str:
    """A tick as printed."""
    text = f"{value:,.4f}".rstrip("0").rstrip(".")
    return text + "%" if chart.style["percent"] else text


def shown(chart: Chart, name: str) -> str:
    """A series' name as the legend has it."""
    return chart.style.get("shown", {}).get(name, name)


@functools.cache
def cjk_folder() -> str:
    """A folder with the font of Chinese letters that MuPDF brings along, for the other engines.

    MuPDF's copy lacks the PostScript name, without which Vega's renderer passes a font over and
    draws empty boxes.
    """
    from fontTools.ttLib import TTFont

    folder = tempfile.mkdtemp()
    font = TTFont(io.BytesIO(pymupdf.Font("cjk").buffer))
    for kind, text in ((4, "Droid Sans Fallback"), (6, "DroidSansFallback")):
        font["name"].setName(text, kind, 3, 1, 0x409)
    font.save(Path(folder, "cjk.ttf"))
    return folder


# --- matplotlib ---------------------------------------------------------------------------------


def matplotlib_pdf(chart: Chart) -> bytes:
    """A page of the chart's size."""
    return _matplotlib(chart, "pdf")


def matplotlib_png(chart: Chart) -> bytes:
    """A picture of 150 dots an inch."""
    return _matplotlib(chart, "png")


def _matplotlib(chart: Chart, form: str) -> bytes:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import font_manager
    from matplotlib import pyplot as plt

    path = str(Path(cjk_folder(), "cjk.ttf"))
    font_manager.fontManager.addfont(path)
    chinese = font_manager.FontProperties(fname=path).get_name()
    style = chart.style
    options = {
        "font.size": style["size"], "pdf.fonttype": 42 if style["frame"] else 3,
        "font.family": ["DejaVu Sans", chinese],
        "axes.unicode_minus": style["markers"],
    }  # fmt: skip
    with plt.rc_context(options):
        figure, axes = plt.subplots(figsize=(style["width"], style["height"]))
        if chart.kind in ("pie", "donut"):
            _matplotlib_pie(chart, axes)
        else:
            _matplotlib_plot(chart, axes)
        if style["title"]:
            axes.set_title("Development over time")
        buffer = io.BytesIO()
        figure.savefig(buffer, format=form, dpi=150, bbox_inches="tight")
        plt.close(figure)
    return buffer.getvalue()


def _matplotlib_pie(chart: Chart, axes) -> None:  # noqa: ANN001
    values = chart.series[""]
    wedge = {"width": 0.4} if chart.kind == "donut" else {}
    if chart.style["legend"] == "right":
        wedges, *_ = axes.pie(values, colors=chart.colours, wedgeprops=wedge)
        axes.legend(wedges, chart.labels, loc="center left", bbox_to_anchor=(1, 0.5))
    else:
        axes.pie(values, labels=chart.labels, colors=chart.colours, wedgeprops=wedge)


def _matplotlib_plot(chart: Chart, axes) -> None:  # noqa: ANN001
    style, n = chart.style, len(chart.labels)
    x = np.arange(n)
    sideways = "hbar" in chart.kind
    other = axes.twinx() if chart.right else None
    width, count = 1 - style["gap"], len(chart.series)
    bottom = np.zeros(n)
    for k, (name, values) in enumerate(chart.series.items()):
        colour, dash, label = chart.colours[k], chart.dashes[k], shown(chart, name)
        line = {"color": colour, "label": label}
        if dash:
            line["dashes"] = dash
        if style["markers"] and n < 12 and not chart.at:
            line["marker"] = "o"
        if chart.kind in ("grouped", "grouped_hbar"):
            place = x + (k - (count - 1) / 2) * width / count
            draw = axes.barh if sideways else axes.bar
            draw(place, values, width / count, color=colour, label=label)
        elif chart.kind == "stacked":
            axes.bar(x, values, width, bottom=bottom, color=colour, label=label)
            bottom = bottom + values
        elif chart.kind == "hbar":
            axes.barh(x, values, width, color=colour)
        elif chart.kind in ("bar", "negative", "histogram"):
            axes.bar(x, values, 1.0 if chart.kind == "histogram" else width, color=colour)
        elif chart.kind == "two_axes":
            if k == 0:
                axes.bar(x, values, width, color=colour, label=label)
            else:
                other.plot(x, values, **line)
        elif chart.kind == "area":
            axes.fill_between(x, values, color=colour)
        elif chart.kind == "stacked_area":
            axes.fill_between(x, bottom, bottom + values, color=colour, label=label, linewidth=0)
            bottom = bottom + values
        else:
            axes.plot(np.arange(len(values)), values, **line)
    _matplotlib_axes(chart, axes, other)


def _matplotlib_axes(chart: Chart, axes, other) -> None:  # noqa: ANN001
    style, n = chart.style, len(chart.labels)
    sideways = "hbar" in chart.kind
    values = axes.xaxis if sideways else axes.yaxis
    if chart.kind == "log":
        axes.set_yscale("log")
        axes.set_ylim(*chart.axis[0][:2])
    else:
        ticks = ticks_of(chart.axis[0])
        values.set_ticks(ticks, [number(chart, t) for t in ticks])
        (axes.set_xlim if sideways else axes.set_ylim)(ticks[0], ticks[-1])
    if other is not None:
        ticks = ticks_of(chart.axis[1])
        other.set_yticks(ticks, [number(chart, t) for t in ticks])
        other.set_ylim(ticks[0], ticks[-1])
        if style["tied"] == "colour":
            other.tick_params(axis="y", colors=chart.colours[1])
            axes.tick_params(axis="y", colors=chart.colours[0])
    places = chart.at or list(range(n))
    labels = axes.yaxis if sideways else axes.xaxis
    if style["between"] and not chart.at and chart.kind not in LINES and "area" not in chart.kind:
        labels.set_ticks([k - 0.5 for k in range(n + 1)], [""] * (n + 1))
        labels.set_ticks(places, chart.labels, minor=True)
        labels.set_tick_params(which="minor", length=0)
        (axes.set_ylim if sideways else axes.set_xlim)(-0.5, n - 0.5)
    else:
        labels.set_ticks(places, chart.labels)
    if not sideways:
        wide = style["rotate"] or (45 if n > 6 else 0)
        for text in axes.get_xticklabels(which="both"):
            text.set_rotation(wide)
            if wide == 45:
                text.set_ha("right")
                text.set_rotation_mode("anchor")
    if style["grid"]:
        values.grid(True, color="#d0d0d0", linewidth=0.5)
        axes.set_axisbelow(True)
    if style["frame"] and other is None:
        axes.spines[["top", "right"]].set_visible(False)
    if chart.kind == "direct":
        for name, line in chart.series.items():
            axes.annotate(
                name, (n - 1, line[-1]), xytext=(5, 0), textcoords="offset points", va="center"
            )
    elif len(chart.series) > 1:
        _matplotlib_legend(chart, axes, other)


def _matplotlib_legend(chart: Chart, axes, other) -> None:  # noqa: ANN001
    handles, labels = axes.get_legend_handles_labels()
    if other is not None:
        more = other.get_legend_handles_labels()
        handles, labels = handles + more[0], labels + more[1]
    place = {
        "top": {"loc": "lower center", "bbox_to_anchor": (0.5, 1.1), "ncols": 4},
        "right": {"loc": "center left", "bbox_to_anchor": (1.15, 0.5)},
        "bottom": {"loc": "upper center", "bbox_to_anchor": (0.5, -0.35), "ncols": 4},
    }[chart.style["legend"]]
    axes.legend(handles, labels, **place)


# --- ReportLab ----------------------------------------------------------------------------------


def reportlab_pdf(chart: Chart) -> bytes:
    """A page of the chart's size."""
    from reportlab.graphics import renderPDF
    from reportlab.graphics.shapes import Drawing
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    style = chart.style
    wide, high = 72 * style["width"] + 140, 72 * style["height"] + 110
    drawing = Drawing(wide, high)
    if chart.kind in ("pie", "donut"):
        _reportlab_pie(chart, drawing, high)
    else:
        _reportlab_plot(chart, drawing, high)
    buffer = io.BytesIO()
    renderPDF.drawToFile(drawing, buffer)
    return buffer.getvalue()


def font(text: str) -> str:
    """A font that has the letters."""
    return "Helvetica" if text.isascii() else "STSong-Light"


def _reportlab_pie(chart: Chart, drawing, high: float) -> None:  # noqa: ANN001
    from reportlab.graphics.charts.doughnut import Doughnut
    from reportlab.graphics.charts.piecharts import Pie
    from reportlab.lib.colors import HexColor

    pie = Doughnut() if chart.kind == "donut" else Pie()
    pie.x, pie.y, pie.width, pie.height = 70, 50, high - 130, high - 130
    pie.data = chart.series[""]
    pie.slices.strokeWidth = 0.5
    for k, colour in enumerate(chart.colours):
        pie.slices[k].fillColor = HexColor(colour)
    if chart.style["legend"] != "right" and chart.kind == "pie":
        pie.labels = chart.labels
        pie.sideLabels = 0
        for k, label in enumerate(chart.labels):
            pie.slices[k].fontName = font(label)
            pie.slices[k].fontSize = chart.style["size"]
            pie.slices[k].labelRadius = 1.2
    else:
        _reportlab_legend(drawing, chart, chart.labels, high - 30, 60)
    drawing.add(pie)


def _reportlab_legend(drawing, chart: Chart, names: list[str], x: float, y: float) -> None:  # noqa: ANN001
    from reportlab.graphics.shapes import Line, Rect, String
    from reportlab.lib.colors import HexColor

    size = chart.style["size"]
    for k, name in enumerate(names):
        at = y + k * (size + 5)
        colour = HexColor(chart.colours[k])
        if chart.kind in LINES:
            dash = list(chart.dashes[k]) or None
            drawing.add(Line(x, at + size * 0.35, x + 20, at + size * 0.35, strokeColor=colour,
                             strokeWidth=1.5, strokeDashArray=dash))  # fmt: skip
        else:
            drawing.add(Rect(x, at, 8, size * 0.7, fillColor=colour, strokeColor=None))
        drawing.add(String(x + 25, at, name, fontName=font(name), fontSize=size))


def _reportlab_plot(chart: Chart, drawing, high: float) -> None:  # noqa: ANN001
    from reportlab.graphics.charts.barcharts import HorizontalBarChart, VerticalBarChart
    from reportlab.graphics.charts.linecharts import HorizontalLineChart
    from reportlab.graphics.shapes import String
    from reportlab.lib.colors import HexColor

    style = chart.style
    kinds = {True: HorizontalLineChart, False: VerticalBarChart}
    plot = HorizontalBarChart() if "hbar" in chart.kind else kinds[chart.kind in LINES]()
    plot.x, plot.y = (110 if "hbar" in chart.kind else 60), 70
    plot.width, plot.height = 72 * style["width"] - 60, high - 110
    plot.data = [tuple(values) for values in chart.series.values()]
    low, top, step = chart.axis[0]
    axis = plot.valueAxis
    axis.valueMin, axis.valueMax, axis.valueStep = low, top, step
    axis.labelTextFormat = lambda v: number(chart, v)
    axis.labels.fontSize = style["size"]
    axis.visibleGrid = style["grid"]
    axis.gridStrokeColor = HexColor("#cccccc")
    names = plot.categoryAxis
    names.categoryNames = chart.labels
    names.labels.fontSize = style["size"]
    for k, label in enumerate(chart.labels):
        names.labels[k].fontName = font(label)
    if "hbar" not in chart.kind and len(chart.labels) > 5:
        names.labels.angle, names.labels.boxAnchor = 45, "ne"
    if chart.kind == "negative":
        names.labelAxisMode = "low"
    drawn = plot.lines if chart.kind in LINES else plot.bars
    for k, colour in enumerate(chart.colours):
        if chart.kind in LINES:
            drawn[k].strokeColor = HexColor(colour)
            drawn[k].strokeWidth = 1.5
            if chart.dashes[k]:
                drawn[k].strokeDashArray = list(chart.dashes[k])
        else:
            drawn[k].fillColor = HexColor(colour)
            drawn[k].strokeColor = None
    if chart.kind not in LINES:
        plot.groupSpacing = 0 if chart.kind == "histogram" else 10 * style["gap"]
        if chart.kind == "stacked":
            names.style = "stacked"
    drawing.add(plot)
    if chart.kind == "direct":
        for name, values in chart.series.items():
            slot = plot.width / len(chart.labels)
            x = plot.x + plot.width - slot / 2 + 5
            y = plot.y + plot.height * (values[-1] - low) / (top - low) - style["size"] * 0.3
            drawing.add(String(x, y, name, fontName=font(name), fontSize=style["size"]))
    elif len(chart.series) > 1:
        x = plot.x + plot.width + 15 if style["legend"] == "right" else 60
        y = high - 40 if style["legend"] == "top" else 60 if style["legend"] == "right" else 2
        if style["legend"] == "right":
            _reportlab_legend(drawing, chart, list(chart.series), x, y)
        else:
            _reportlab_row(drawing, chart, x, high - 15 if style["legend"] == "top" else 6)


def _reportlab_row(drawing, chart: Chart, x: float, y: float) -> None:  # noqa: ANN001
    from reportlab.graphics.shapes import Line, Rect, String
    from reportlab.lib.colors import HexColor
    from reportlab.pdfbase.pdfmetrics import stringWidth

    size = chart.style["size"]
    for k, name in enumerate(chart.series):
        colour = HexColor(chart.colours[k])
        if chart.kind in LINES:
            dash, middle = list(chart.dashes[k]) or None, y + size * 0.35
            drawing.add(Line(x, middle, x + 24, middle, strokeColor=colour, strokeWidth=1.5,
                             strokeDashArray=dash))  # fmt: skip
            x += 28
        else:
            drawing.add(Rect(x, y, 7, 7, fillColor=colour, strokeColor=None))
            x += 11
        drawing.add(String(x, y, name, fontName=font(name), fontSize=size))
        x += stringWidth(name, font(name), size) + 14


# --- Vega-Lite ----------------------------------------------------------------------------------


def vega_pdf(chart: Chart) -> bytes:
    """A page of the chart's size."""
    import vl_convert

    vl_convert.register_font_directory(cjk_folder())
    return vl_convert.vegalite_to_pdf(_vega(chart))


def _vega(chart: Chart) -> dict:
    style = chart.style
    width, height = int(72 * style["width"]), int(72 * style["height"])
    config = {
        "axis": {"labelFontSize": style["size"], "grid": style["grid"]},
        "axisX": {"labelAngle": -style["rotate"], "grid": False},
        "legend": {"labelFontSize": style["size"], "orient": style["legend"]},
        "view": {"stroke": "#888" if style["frame"] else None},
        "background": "white",
    }
    title = {"title": "Development over time"} if style["title"] else {}
    if style["between"]:
        config["axisBand"] = {"bandPosition": 1, "tickExtra": True}
    spec = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "width": width,
            "height": height, "config": config, **title}  # fmt: skip
    return spec | (_vega_pie(chart) if chart.kind in ("pie", "donut") else _vega_plot(chart))


def _vega_colour(chart: Chart, names: list[str]) -> dict:
    return {"field": "s", "type": "nominal", "sort": names, "title": None,
            "scale": {"domain": names, "range": chart.colours}}  # fmt: skip


def _vega_pie(chart: Chart) -> dict:
    data = [{"s": n, "v": v} for n, v in zip(chart.labels, chart.series[""], strict=True)]
    mark = {"type": "arc", "innerRadius": 40 if chart.kind == "donut" else 0}
    return {
        "data": {"values": data},
        "mark": mark,
        "encoding": {
            "theta": {"field": "v", "type": "quantitative"},
            "color": _vega_colour(chart, chart.labels),
            "order": {"field": "s"},
        },
    }


def _vega_plot(chart: Chart) -> dict:
    names = [shown(chart, n) for n in chart.series]
    rows = []
    for name, values in chart.series.items():
        for k, value in enumerate(values):
            label = k if chart.at else chart.labels[k]
            rows.append({"s": shown(chart, name), "k": label, "v": value})
    if chart.kind == "two_axes":
        return _vega_two_axes(chart, names, rows)
    many = len(chart.series) > 1
    colour = _vega_colour(chart, names) if many else {"value": chart.colours[0]}
    if chart.kind == "direct":
        colour = colour | {"legend": None}
    spec = {"data": {"values": rows}, "mark": _vega_mark(chart),
            "encoding": _vega_encoding(chart) | {"color": colour}}  # fmt: skip
    if chart.kind == "dashes":
        spec["encoding"]["strokeDash"] = {
            "field": "s", "type": "nominal", "sort": names, "title": None,
            "scale": {"domain": names, "range": [list(d) or [1, 0] for d in chart.dashes]},
        }  # fmt: skip
    if chart.kind == "direct":
        last = [r for r in rows if r["k"] == chart.labels[-1]]
        text = {"data": {"values": last}, "mark": {"type": "text", "align": "left", "dx": 6},
                "encoding": _vega_encoding(chart) | {"text": {"field": "s"}}}  # fmt: skip
        return {"layer": [spec, text]}
    return spec


def _vega_mark(chart: Chart) -> dict | str:
    if chart.kind in LINES:
        return {"type": "line", "point": chart.style["markers"] and not chart.at}
    if "area" in chart.kind:
        return {"type": "area"}
    return {"type": "bar"}


def _vega_encoding(chart: Chart) -> dict:
    low, high, _ = chart.axis[0]
    axis = {"title": None, "labelExpr": _vega_labels(chart)}
    scale: dict = {"domain": [low, high], "nice": False, "zero": False}
    if chart.kind == "log":
        scale["type"] = "log"
        axis = {"title": None}
    else:
        axis["values"] = ticks_of(chart.axis[0])
    value = {"field": "v", "type": "quantitative", "axis": axis, "scale": scale}
    if "area" in chart.kind or chart.kind in ("stacked",):
        value["stack"] = "zero"
    elif "hbar" in chart.kind or chart.kind in ("grouped", "bar", "negative", "histogram"):
        value["stack"] = None
    if chart.at:
        table = ", ".join(f"{k}: '{x}'" for k, x in zip(chart.at, chart.labels, strict=True))
        label = {"field": "k", "type": "quantitative", "axis": {
            "values": chart.at, "labelExpr": f"({{{table}}})[datum.value]", "title": None},
            "scale": {"domain": [0, chart.at[-1]], "nice": False}}  # fmt: skip
    else:
        padding = 0.0 if chart.kind == "histogram" else chart.style["gap"]
        band = {"paddingInner": padding} if chart.kind not in LINES and (
            "area" not in chart.kind) else {}  # fmt: skip
        label = {"field": "k", "type": "ordinal", "sort": chart.labels, "axis": {"title": None},
                 "scale": band}  # fmt: skip
    out = {"y": label, "x": value} if "hbar" in chart.kind else {"x": label, "y": value}
    if chart.kind in ("grouped", "grouped_hbar"):
        side = "yOffset" if "hbar" in chart.kind else "xOffset"
        out[side] = {"field": "s", "sort": [shown(chart, n) for n in chart.series]}
    return out


def _vega_labels(chart: Chart) -> str:
    return "format(datum.value, ',') + '%'" if chart.style["percent"] else (
        "format(datum.value, ',')")  # fmt: skip


def _vega_two_axes(chart: Chart, names: list[str], rows: list[dict]) -> dict:
    layers = []
    for k, name in enumerate(names):
        low, high, _ = chart.axis[k]
        axis: dict = {"title": None, "values": ticks_of(chart.axis[k]), "grid": k == 0,
                      "labelExpr": _vega_labels(chart),
                      "orient": "right" if k else "left"}  # fmt: skip
        if chart.style["tied"] == "colour":
            axis["labelColor"] = chart.colours[k]
        layers.append({
            "data": {"values": [r for r in rows if r["s"] == name]},
            "mark": {"type": "line"} if k else {"type": "bar"},
            "encoding": {
                "x": {"field": "k", "type": "ordinal", "sort": chart.labels,
                      "axis": {"title": None}},
                "y": {"field": "v", "type": "quantitative", "axis": axis, "stack": None,
                      "scale": {"domain": [low, high], "nice": False, "zero": False}},
                "color": _vega_colour(chart, names),
            },
        })  # fmt: skip
    return {"layer": layers, "resolve": {"scale": {"y": "independent"}}}


# --- pygal --------------------------------------------------------------------------------------


def pygal_pdf(chart: Chart) -> bytes:
    """A page of the chart's size; pygal's own style, with a legend always."""
    import pygal
    import vl_convert
    from pygal.style import Style

    style = chart.style
    kinds = {
        "bar": pygal.Bar, "negative": pygal.Bar, "grouped": pygal.Bar, "histogram": pygal.Bar,
        "stacked": pygal.StackedBar, "hbar": pygal.HorizontalBar,
        "grouped_hbar": pygal.HorizontalBar, "pie": pygal.Pie, "donut": pygal.Pie,
    }  # fmt: skip
    options: dict = {
        "width": int(130 * style["width"]), "height": int(130 * style["height"]),
        "legend_at_bottom": style["legend"] == "bottom", "x_label_rotation": -style["rotate"],
        "show_y_guides": style["grid"], "dots_size": 2, "show_dots": style["markers"],
        "truncate_legend": -1, "truncate_label": -1,
        "style": Style(colors=tuple(chart.colours), background="white", plot_background="white",
                       font_family="sans-serif"),
        "formatter": lambda v: number(chart, v),
    }  # fmt: skip
    if chart.kind == "donut":
        options["inner_radius"] = 0.5
    if chart.kind not in ("pie", "donut"):
        low, high, _ = chart.axis[0]
        options["range"] = (low, high)
        options["y_labels"] = ticks_of(chart.axis[0])
    drawn = kinds.get(chart.kind, pygal.Line)(**options)
    if chart.kind in ("pie", "donut"):
        for name, value in zip(chart.labels, chart.series[""], strict=True):
            drawn.add(name, value)
    else:
        drawn.x_labels = chart.labels
        for name, values in chart.series.items():
            drawn.add(name, values)
    vl_convert.register_font_directory(cjk_folder())
    svg = drawn.render(is_unicode=True, disable_xml_declaration=True)
    return vl_convert.svg_to_pdf(svg)


ENGINES: dict[str, tuple[Callable[[Chart], bytes], set[str]]] = {
    "matplotlib": (matplotlib_pdf, set()),
    "reportlab": (reportlab_pdf, {"log", "dense", "area", "stacked_area", "two_axes"}),
    "vega": (vega_pdf, set()),
    "pygal": (pygal_pdf, {"log", "dense", "area", "stacked_area", "two_axes", "dashes", "direct"}),
}
"""How each engine draws, and the kinds that it has not."""
