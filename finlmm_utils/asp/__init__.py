"""ASP: from a folder of financial reports to image-question-answer rows."""
