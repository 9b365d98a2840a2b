"""Executes notebooks headlessly and keeps their manifests."""

import sys

# Papermill and nbconvert load jsonschema, and that, where it is installed, a checker of addresses
# that builds a grammar for two seconds in every process. No notebook needs it: here it is as if it
# were not installed, which jsonschema is made for.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
