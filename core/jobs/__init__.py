"""A query is a durable job: a record on disk first, then work in a process of its own.

Here: records, queue, files, supervisor. Not here: what a query computes (`core.engine`) and its process (`core.worker`).
"""

from core.jobs.records import Job, JobCancelled, JobFolder, JobMessage
from core.jobs.run import JobRun
from core.jobs.store import JobStore, StoreLimits
from core.jobs.supervisor import Supervisor

__all__ = ["Job", "JobCancelled", "JobFolder", "JobMessage", "JobRun", "JobStore", "StoreLimits", "Supervisor"]
