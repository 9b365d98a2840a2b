"""What lies on a page: paths, boxes, pixels, scans and their text by OCR."""
