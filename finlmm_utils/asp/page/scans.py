"""Pages without a text layer that can be read: words by OCR, marks from the ink of the picture.

A scanned page becomes the same facts as any other page, so that everything after (tables, charts,
reading order) works on it without knowing. Thresholds are our choice.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import pymupdf
from PIL import Image
from scipy import ndimage

from finlmm_utils.asp.page.boxes import area
from finlmm_utils.asp.page.page import Line, Page
from finlmm_utils.asp.page.paths import CURVE, FILL, RULE, Marks
from finlmm_utils.asp.page.pixels import colours_of, ink_of, render
from finlmm_utils.asp.records import Box

MAX_SCANS = 60  # pages of one report that are read by OCR, which takes seconds a page
DPI = 150  # at which a page is read
MAX_ASPECT = 3.0  # sides of a page; the detector enlarges strips until they take minutes
LEAST_SCORE = 0.6  # of the recogniser; below it words are guesses
COVERED = 0.6  # share of the page's area under its images: less is a picture beside text
STAMPED = 0.1  # share of the page's height at its ends, where archives stamp scans
PHOTO_COLOURS = 12  # colours of most pixels: paper and ink are a few, a photograph is tens
UPRIGHT = 2  # times as high as wide: a line of more than `UPRIGHT_LETTERS` that lies on its side
UPRIGHT_LETTERS = 2  # two letters, or one, may be as high without
LETTER_SIZE = 0.75  # font size as a share of the height of a line's box
ROW_HEIGHT = 4  # points: lines whose tops differ by less are read from the left
DUST = 6  # pixels: the longer side of what is more than a speck
STROKE = 5  # pixels: the shorter side of a line that is drawn
SOLID = 0.85  # share of its box that the ink of a bar fills; that of a curve fills less

LOST = 0.3  # share of letters that are none; pages of formulas have a tenth and can be read
LEAST_LETTERS = 200  # of a page that tell whether its text layer can be read
LETTERS = 0.25  # share of letters in such a row: a row of dots in a table of contents has none
UNBROKEN = 30  # letters of the Latin alphabet in a row, from which no language has them as a word


def unreadable(page: Page) -> bool:
    """Whether a page's text layer holds other letters than the page shows.

    Where a font does not say which letters its glyphs are, they come as control characters, from
    the private area of Unicode, as U+FFFD, or as letters moved along the alphabet, spaces too.
    """
    text = "".join(line.text for line in page.lines)
    if len(text) < LEAST_LETTERS:
        return False
    none = sum(unicodedata.category(x) in ("Cc", "Co", "Cn") or x == "\ufffd" for x in text)
    lines = [line.text for line in page.lines if line.text.isascii()]
    words = [x for line in lines for x in line.split() if len(x) >= UNBROKEN]
    spelt = [x for x in words if sum(map(str.isalpha, x)) > LETTERS * len(x)]
    unbroken = sum(map(len, spelt))
    return none > LOST * len(text) or unbroken > len(text) / 2


def looks_scanned(page: Page) -> bool:
    """Whether images cover most of a page, and no text stands on it but stamps at its edge."""
    covered = sum(area(picture.box) for picture in page.pictures)
    if covered < COVERED * page.width * page.height:
        return False
    if max(page.width, page.height) > MAX_ASPECT * min(page.width, page.height):
        return False
    edge = STAMPED * page.height
    return all(x.box[3] < edge or x.box[1] > page.height - edge for x in page.lines)


def for_ocr(pages: list[Page]) -> tuple[list[Page], list[Page], list[Page]]:
    """Pages whose text layer is `unreadable`, pages that look scanned, and those of both to read.

    Pictures that fill some slides of a digital report stay pictures: tables drawn as such.
    """
    lost = [page for page in pages if unreadable(page)]
    scans = [page for page in pages if looks_scanned(page)]
    read = (lost + (scans if 2 * len(scans) >= len(pages) else []))[:MAX_SCANS]
    for page in lost:
        page.lost, page.lines = True, []  # other letters are worse than none
    return lost, scans, read


def read_scans(pages: list[Page], document: pymupdf.Document) -> tuple[int, list[str]]:
    """Reads scanned pages by OCR, in place; one on which it fails costs no other.

    Args:
        pages: that `looks_scanned`.
        document: the open PDF.

    Returns:
        Number of pages with words, and the kind of error of each page that failed.
    """
    count, failed = 0, []
    for page in pages:
        try:
            count += read_scan(page, document)
        except Exception as error:  # of MuPDF, or of the recogniser when memory ends
            failed.append(type(error).__name__)
    return count, failed


def see_scans(pages: list[Page], document: pymupdf.Document) -> None:
    """Reads the marks of scans whose words are an invisible layer, in place: they are no pictures.

    Args:
        pages: that are `hidden`; those that show a photograph stay as they were.
        document: the open PDF.
    """
    for page in pages[:MAX_SCANS]:
        display = document[page.number - 1].get_displaylist()
        image = render(display, (0.0, 0.0, page.width, page.height), DPI)
        if colours_of(image) <= PHOTO_COLOURS:
            page.marks = _marks(image, page, image.width / page.width)
            page.pictures, page.scanned = [], True


def read_scan(page: Page, document: pymupdf.Document) -> bool:
    """Reads a scanned page by OCR, in place: lines, marks, and no picture any more.

    Args:
        page: facts of a page that `looks_scanned`, or whose text layer is lost: this one is
            drawn, and keeps its marks and pictures.
        document: the open PDF.

    Returns:
        False if the page shows a photograph or no words; it then stays as it was.
    """
    from finlmm_utils.asp.page.ocr import read_lines

    display = document[page.number - 1].get_displaylist()
    image = render(display, (0.0, 0.0, page.width, page.height), DPI)
    if colours_of(image) > PHOTO_COLOURS and not page.lost:
        return False
    zoom = image.width / page.width
    lines: list[Line] = []
    for place, words, score in read_lines(np.asarray(image)):
        if score >= LEAST_SCORE and words.strip():
            lines.append(_line(place, words, zoom, len(lines)))
    if not lines:
        return False
    page.lines = sorted(lines, key=lambda x: (round(x.box[1] / ROW_HEIGHT), x.box[0]))
    page.scanned = True
    if not page.lost:
        page.marks, page.pictures = _marks(image, page, zoom), []
    return True


def _line(place: Box, words: str, zoom: float, number: int) -> Line:
    """A line of the recogniser, whose box is in pixels, as one of a page; each its own block."""
    x0, y0, x1, y1 = (float(v) / zoom for v in place)
    upright = y1 - y0 > UPRIGHT * (x1 - x0) and len(words) > UPRIGHT_LETTERS
    size = LETTER_SIZE * min(x1 - x0, y1 - y0)
    return Line(words.strip(), (x0, y0, x1, y1), size, False, not upright, number)


def _marks(image: Image.Image, page: Page, zoom: float) -> Marks:
    """Islands of ink outside the words, as if each were a path of the PDF."""
    ink = ink_of(image)
    for line in page.lines:
        x0, y0, x1, y1 = (int(v * zoom) for v in line.box)
        ink[max(y0, 0) : y1 + 1, max(x0, 0) : x1 + 1] = False
    labels, count = ndimage.label(ink, structure=np.ones((3, 3)))
    spans = ndimage.find_objects(labels)
    pixels = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    boxes, forms = [], []
    for (rows, columns), filled in zip(spans, pixels, strict=True):
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if max(width, height) < DUST:
            continue
        boxes.append([columns.start, rows.start, columns.stop, rows.stop])
        if min(width, height) <= STROKE:
            forms.append(RULE)
        else:
            forms.append(FILL if filled > SOLID * width * height else CURVE)
    if not boxes:
        return Marks()
    placed = np.array(boxes, np.float32) / zoom
    return Marks(placed, np.array(forms, np.int8), np.zeros(len(forms), np.int32))
