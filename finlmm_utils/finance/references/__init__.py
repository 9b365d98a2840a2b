"""How reports name figures, tables and panels, and their sources: one grammar for all that read."""

from finlmm_utils.finance.references.find import CAPTION as CAPTION
from finlmm_utils.finance.references.find import CHINESE as CHINESE
from finlmm_utils.finance.references.find import ENGLISH as ENGLISH
from finlmm_utils.finance.references.find import FIGURE_NAME as FIGURE_NAME
from finlmm_utils.finance.references.find import NAMES as NAMES
from finlmm_utils.finance.references.find import SOURCE as SOURCE
from finlmm_utils.finance.references.find import SOURCE_OR_NOTE as SOURCE_OR_NOTE
from finlmm_utils.finance.references.find import TABLE_CAPTION as TABLE_CAPTION
from finlmm_utils.finance.references.find import Reference as Reference
from finlmm_utils.finance.references.find import figure_names as figure_names
from finlmm_utils.finance.references.find import find_references as find_references
from finlmm_utils.finance.references.find import label_of as label_of
from finlmm_utils.finance.references.find import names_figure as names_figure
from finlmm_utils.finance.references.find import with_signs as with_signs
