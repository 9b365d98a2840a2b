"""Pages with charts drawn by hand, in the house styles of reports, for the tests of this folder."""

import io

import pymupdf
from PIL import Image

from finlmm_utils.asp.extract import extract_report

PROSE = "The group sold more in the second half of the year than it had before, in all segments."
BLUE, RED, GREY = (0, 0.3, 0.7), (0.8, 0.2, 0.1), (0.5, 0.5, 0.5)


def new_page(width=612, height=792):
    return pymupdf.open().new_page(width=width, height=height)


def write(page, x, y, text, size=8, bold=False, centred=False):
    """Writes a line whose feet stand at y; Chinese in the font that PyMuPDF brings."""
    chinese = any(c > "\u2e80" for c in text)
    font = "china-s" if chinese else "hebo" if bold else "helv"
    if centred:
        x -= pymupdf.get_text_length(text, font, size) / 2
    page.insert_text((x, y), text, fontsize=size, fontname=font)


def paragraph(page, x, y, lines=4, words=PROSE, size=9):
    for k in range(lines):
        write(page, x, y + 11 * k, words, size)


def bars(page, x0, base, values=(40, 70, 55, 90), width=24, step=40, fill=BLUE, labels=True):
    """Bars that stand on a line, values over them, years below: 10 points right of x0."""
    for k, value in enumerate(values):
        x = x0 + 10 + step * k
        top, low = sorted((base - value, base))
        page.draw_rect((x, top, x + width, low), color=None, fill=fill)
        if labels:
            write(page, x + 4, top - 4, f"{value}.5", 7)
        write(page, x + 2, base + 14, f"20{18 + k}", 7)
    page.draw_line((x0, base), (x0 + 20 + step * len(values), base), color=GREY)


def curve(page, x0, y0, width=200, height=110, ticks=True, colour=BLUE, years=True):
    """A line over years with ticks at its left."""
    points = [(x0 + 20 + (width - 20) * k / 40, y0 + height * (0.8 - 0.6 * ((k * 7) % 11) / 11))
              for k in range(41)]  # fmt: skip
    page.draw_polyline(points, color=colour)
    page.draw_line((x0 + 20, y0), (x0 + 20, y0 + height), color=GREY)
    page.draw_line((x0 + 20, y0 + height), (x0 + width, y0 + height), color=GREY)
    for k in range(5 if ticks else 0):
        write(page, x0, y0 + height - k * height / 4 + 2, f"{10 * k}.0", 7)
    for k in range(5 if years else 0):
        write(page, x0 + 20 + k * (width - 40) / 4, y0 + height + 11, f"20{15 + k}", 7)


def line_chart(title="", width=240, height=130):
    """A picture of a line chart with ticks and years, with or without a title in its pixels."""
    page = new_page(width, height)
    curve(page, 10, 24, width - 30, height - 44)
    if title:
        write(page, 30, 14, title, 10, bold=True)
    pixels = page.get_pixmap(dpi=150)
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


def png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def figures(page):
    """The figures of a report that holds this page and one of text, in reading order."""
    return figures_of(page.parent)


def figures_of(document):
    """The figures of a report and one more page of text, in reading order."""
    paragraph(document.new_page(), 60, 80, 12)
    return extract_report(document.tobytes()).figures
