"""Kinds of pictures of charts, and the words that OCR found in them."""
