"""Every component id of the page, in one place.

A contract test holds them against the layouts and the callbacks in both directions. The ids of the upload are shared
with ``assets/upload.js``.
"""

from __future__ import annotations

from typing import Any

# The frame: header, rail, main, and what the address says.
URL = "url"
SHELL = "shell"
MAIN = "main"
RAIL = "rail"
RAIL_TOGGLE = "rail-toggle"
REFERENCE_CHIP = "reference-chip"
TABS = "tabs"
THEME = "theme"
JOB_STATE = "job-state"
JOB_NEWS = "job-news"
LAST_RESULT = "last-result"
WEBGL = "webgl"
SCHEME = "colour-scheme"

# One value each, read from the address; a panel listens only to those it shows.
SELECTION = "view-selection"
CLUSTERS = "view-clusters"
SPACE = "view-space"
TYPE = "view-type"
THRESHOLD = "view-threshold"
DETAIL = "view-detail"
ROWS = "view-rows"
BUNDLE = "view-bundle"
TAB = "view-tab"
GENE = "view-gene"
CONTRAST = "view-contrast"
BY = "view-by"
GROUP = "view-group"
AGAINST = "view-against"
REPLICATES = "view-replicates"
WITHIN = "view-within"

# Upload and examples (assets/upload.js).
UPLOAD_DROP = "upload-drop"
UPLOAD_SETTINGS = "upload-settings"
UPLOAD_SETTINGS_PLACE = "upload-settings-place"
UPLOAD_CANCEL = "upload-cancel"
UPLOAD_PROGRESS = "upload-progress"
UPLOAD_STATUS = "upload-status"
UPLOAD_STATE = "upload-state"
UPLOAD_PANEL = "upload-panel"
UPLOAD_MESSAGE = "upload-message"
RECENT = "recent"

# A query on its way.
POLL = "poll"
RUNNING_TITLE = "running-title"
RUNNING_LINE = "running-line"
RUNNING_BAR = "running-bar"
RUNNING_SHARE = "running-share"
RUNNING_STAGES = "running-stages"
RUNNING_FINDINGS = "running-findings"
CANCEL = "cancel"
RETRY = "retry"

# The rail.
RAIL_CELLS = "rail-cells"
CELL_TABLE_TOLD = "cell-table-told"
CELL_TABLE_STATE = "cell-table-state"
RAIL_JOB = "rail-job"
K = "setting-k"
K_VALUE = "setting-k-value"
CONFIDENCE = "setting-confidence"
CONFIDENCE_VALUE = "setting-confidence-value"
LEAVE_OUT = "setting-leave-out"
SEARCH_AGAIN = "search-again"
SEARCH_PENDING = "search-pending"
SEARCH_AGAIN_MESSAGE = "search-again-message"
DELETE = "delete"
DELETE_CONFIRM = "delete-confirm"
CHECK_OPEN = "check-open"
CHECK_DRAWER = "check-drawer"

# The answer.
ANSWER = "answer"
GROUPS = "own-groups"
DETAIL_SLIDER = "detail-slider"
DETAIL_VALUE = "detail-value"
SELECTION_BAR = "selection-bar"
CLEAR = "clear-selection"
WARNINGS = "warnings"
COPY_LINK = "copy-link"
COPY_NOTE = "copy-note"
DOWNLOAD_LABELS = "download-labels"
DOWNLOAD_ALL = "download-all"
DOWNLOAD_H5AD = "download-h5ad"
DOWNLOAD_SUMMARY = "download-summary"
DOWNLOAD_METHODS = "download-methods"
DOWNLOAD_LABELS_SELECTED = "download-labels-selected"

# Panels: content, line beside the title, message over the body.
HEATMAP = "heatmap"
HEATMAP_SIZE = "heatmap-size"
HEATMAP_OPEN = "heatmap-open"
HEATMAP_SUB = "heatmap-sub"
HEATMAP_MESSAGE = "heatmap-message"
CLUSTER_SLIDER = "cluster-slider"
CLUSTER_COUNT = "cluster-count"
SCATTER = "scatter"
SCATTER_SIZE = "scatter-size"
SCATTER_MESSAGE = "scatter-message"
SPACE_SWITCH = "space-switch"
COMPOSITION = "composition"
COMPOSITION_MESSAGE = "composition-message"
SCOPE_SWITCH = "scope-switch"
ONTOLOGY = "ontology"
ONTOLOGY_SUB = "ontology-sub"
ONTOLOGY_MESSAGE = "ontology-message"
ONTOLOGY_SIZE = "ontology-size"
ONTOLOGY_SHEETS = "ontology-sheets"
STUDIES = "studies"
STUDIES_SUB = "studies-sub"
STUDIES_COUNT = "studies-count"
STUDIES_MESSAGE = "studies-message"

# The card of a type.
CARD = "type-card"
CARD_BODY = "type-card-body"
CARD_SELECT = "type-card-select"
VOLCANO_PLACE = "type-card-volcano-place"
GENES = "type-card-genes"
GENES_SUB = "type-card-genes-sub"
GENES_DOWNLOAD = "type-card-genes-download"
GENES_FILE = "type-card-genes-file"
GENES_BODY = "type-card-genes-body"
CONTRAST_SWITCH = "type-card-contrast"
CARD_TABLE = "type-card-table"
CARD_GENE = "type-card-gene"
CARD_EVIDENCE = "type-card-evidence"
FOREST = "type-card-forest"
FOREST_PLACE = "type-card-forest-place"

# The tab about genes.
GENE_SEARCH = "gene-search"
GENE_FACTS = "gene-facts"
GENE_SIDE = "gene-side"
GENE_MAP = "gene-map"
GENE_MAP_SUB = "gene-map-sub"
GENE_MAP_MESSAGE = "gene-map-message"
GENE_TYPES = "gene-types"
GENE_TYPES_SCALE = "gene-types-scale"
GENE_TYPES_SUB = "gene-types-sub"
GENE_TYPES_MESSAGE = "gene-types-message"

GENE_MARKS = "gene-marks"
GENE_MARKS_SUB = "gene-marks-sub"
GENE_MARKS_MESSAGE = "gene-marks-message"
GENE_FOREST = "gene-forest"
GENE_FOREST_HEAD = "gene-forest-head"
EVIDENCE = "evidence"
EVIDENCE_SUB = "evidence-sub"
EVIDENCE_MESSAGE = "evidence-message"

LIST = "view-list"
LIST_TEXT = "list-text"
LIST_SUBMIT = "list-submit"
LIST_EXAMPLE = "list-example"
LIST_FOUND = "list-found"
LIST_VIEW = "list-view"
LIST_RESULT = "list-result"
LIST_TABLE = "list-table"
LIST_DOWNLOAD = "list-download"
LIST_FILE = "list-file"
GENE_SETS_STATE = "gene-sets-state"

# The tab that compares groups.
COMPARED = "compared"
COMPARE_ANSWER = "compare-answer"
COMPARE_BY = "compare-by"
COMPARE_GROUP = "compare-group"
COMPARE_AGAINST = "compare-against"
COMPARE_REPLICATES = "compare-replicates"
COMPARE_NOTE = "compare-note"
COMPARE_TABLE_TOLD = "compare-table-told"
COMPARE_BARS = "compare-bars"
COMPARE_BARS_SUB = "compare-bars-sub"
COMPARE_BARS_MESSAGE = "compare-bars-message"
COMPARE_TYPES = "compare-types"
COMPARE_TYPES_SUB = "compare-types-sub"
COMPARE_TYPES_MESSAGE = "compare-types-message"
COMPARE_VIEW = "compare-view"
COMPARE_TABLE = "compare-table"
COMPARE_DOWNLOAD = "compare-download"
COMPARE_FILE = "compare-file"
COMPARE_WITHIN = "compare-within"
COMPARED_WITHIN = "compared-within"
COMPARE_GENES = "compare-genes"
COMPARE_GENES_SUB = "compare-genes-sub"
COMPARE_GENES_MESSAGE = "compare-genes-message"
COMPARE_GENES_PLOT = "compare-genes-plot"
COMPARE_GENES_TABLE = "compare-genes-table"
COMPARE_GENES_DOWNLOAD = "compare-genes-download"
COMPARE_GENES_FILE = "compare-genes-file"

# Pages that only show.
REFERENCE = "reference"
CITE = "cite"
CITE_FILE = "cite-file"
LICENCES = "licences"
MONTHS = "collection-months"
READS = "collection-reads"
RATES = "collection-rates"
TRAINING = "training"
RELIABILITY = "reliability"
ALL_MODELS = "all-models"
ALL_MODELS_DOWNLOAD = "all-models-download"
ALL_MODELS_FILE = "all-models-file"
MODELS_BY_TYPE = "models-by-type"
STUDY_SWITCH = "study-switch"
MODELS_BY_TYPE_DOWNLOAD = "models-by-type-download"
MODELS_BY_TYPE_FILE = "models-by-type-file"


def volcano(place: Any) -> dict[str, Any]:  # noqa: ANN401  (dash.ALL too)
    """Return the id of a volcano plot: a pattern, so that a callback may listen to one that is not drawn yet.

    Parameters
    ----------
    place : str
        Where the plot stands.

    Returns
    -------
    dict
        Pattern-matching id.
    """
    return {"type": "volcano", "index": place}
