"""The files of a bundle that describe it.

``tables_step`` writes its tables, ``expression_step`` the expression of its cells, ``study_facts`` says what became of every study.
Not here: what the numeric steps write themselves.
"""
