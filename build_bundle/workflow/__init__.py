"""Where work runs: in this process (``local``), or in groups on a cluster (``cluster``, by Snakemake).

Tasks are declared once, as `build_bundle.step.Task`, and kept by `build_bundle.step_store.StepStore` wherever they ran.
Not here: what the tasks do.
"""
