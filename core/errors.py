"""The errors whose sentence somebody reads, in one tree.

A part with errors of its own (harvest, quantification, the cluster, pages) derives them from these where it raises them. What never
leaves the part that raises it, such as a test that does not apply to a study, need not be here.

::

    ScQueryError                  code, message, next_step
    ├── InputError                something a user brought
    │   ├── FileFormatError       the file cannot be read as an expression matrix
    │   ├── MatrixRefusedError    readable, but an answer would be nonsense (carries the doctor's findings)
    │   └── LimitError            too large for this server
    ├── ConfigError               a builder configuration or a setting is wrong
    ├── SourceError               one study of a build cannot be used (the study is set aside)
    ├── FetchError                a file could not be fetched or has the wrong checksum
    ├── BundleError               a data bundle cannot be opened
    │   ├── BundleDamagedError    carries all problems found
    │   └── BundleVersionError    another schema version
    ├── BuildLockedError          another build holds the output folder
    └── JobError                  a query job cannot go on
        └── JobNotFoundError      unknown token, or somebody else's

Not here: formatting for the page (``layouts``) or for HTTP (``callbacks.routes``).
"""

from __future__ import annotations

from collections.abc import Sequence


class ScQueryError(Exception):
    """Base of all errors raised on purpose.

    Parameters
    ----------
    message : str
        One sentence: what happened, naming the file and the place, with the number that shows it.
    next_step : str
        One sentence: what the user can do now.
    code : str
        Stable identifier in kebab case, shown beside the message and used in tests.
    """

    default_code = "error"

    def __init__(self, message: str, *, next_step: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.code = code or self.default_code

    def __str__(self) -> str:
        gap = "" if self.message.endswith("\n") else " "  # a list of problems ends its last line itself
        return f"{self.message}{gap}{self.next_step}".strip()


class InputError(ScQueryError):
    """Something a user brought cannot be used."""

    default_code = "input"


class FileFormatError(InputError):
    """The file cannot be read as an expression matrix."""

    default_code = "file-format"


class MatrixRefusedError(InputError):
    """The matrix can be read, but an answer for it would be nonsense.

    Parameters
    ----------
    message, next_step, code
        As in `ScQueryError`.
    findings : sequence of object
        What the upload doctor found up to the refusal (`core.expression.doctor.Finding`).
    """

    default_code = "matrix-refused"

    def __init__(self, message: str, *, next_step: str = "", code: str = "", findings: Sequence[object] = ()) -> None:
        super().__init__(message, next_step=next_step, code=code)
        self.findings = tuple(findings)


class LimitError(InputError):
    """The input is larger than this server allows.

    Parameters
    ----------
    message, next_step, code
        As in `ScQueryError`.
    fits : int
        How many cells of the file, drawn at random, could be searched instead; 0 where that is no way out.
    """

    default_code = "limit"

    def __init__(self, message: str, *, next_step: str = "", code: str = "", fits: int = 0) -> None:
        super().__init__(message, next_step=next_step, code=code)
        self.fits = fits


class ConfigError(ScQueryError):
    """A builder configuration or a setting is wrong."""

    default_code = "config"


class SourceError(ScQueryError):
    """One study of a build cannot be used; the build goes on without it."""

    default_code = "source"


class FetchError(ScQueryError):
    """A file could not be fetched, or its checksum is not the expected one."""

    default_code = "fetch"


class BundleError(ScQueryError):
    """A data bundle cannot be opened."""

    default_code = "bundle"


class BundleDamagedError(BundleError):
    """A bundle fails verification.

    Parameters
    ----------
    message, next_step, code
        As in `ScQueryError`.
    problems : sequence of str
        All problems found, one sentence each.
    """

    default_code = "bundle-damaged"

    def __init__(self, message: str, *, next_step: str = "", code: str = "", problems: Sequence[str] = ()) -> None:
        super().__init__(message, next_step=next_step, code=code)
        self.problems = tuple(problems)


class BundleVersionError(BundleError):
    """A bundle was written for another schema version."""

    default_code = "bundle-version"


class BuildLockedError(ScQueryError):
    """Another build holds the output folder."""

    default_code = "build-locked"


class JobError(ScQueryError):
    """A query job cannot go on."""

    default_code = "job"


class JobNotFoundError(JobError):
    """No job has this token, or it belongs to somebody else."""

    default_code = "job-not-found"
