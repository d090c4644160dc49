"""Ask public repositories which single-cell studies they hold, and write down what they answer.

The room ends with the catalogue (``catalogue``): one row a study, sample, run and file, each with a state and a reason.
Not here: what cell type a sample is (``build_bundle.label``) and how reads become counts (``build_bundle.quantify``).
"""
