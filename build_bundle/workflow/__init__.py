"""Where work runs: in this process (``local``), or in groups on a cluster (``cluster``, by Snakemake).

Tasks are declared once, as `build_bundle.steps.task.Task`, and kept by `build_bundle.steps.store.StepStore` wherever they ran.
Not here: what the tasks do.
"""
