"""What a build is asked for: one TOML file as frozen dataclasses, read with all its problems at once.

``config`` and ``study_config`` hold what it says, ``reader`` reads and checks it, ``toml_fields`` fits any TOML table to a dataclass,
``teaching_configs`` takes in the studies of other configurations. Not here: settings of numeric steps, which stand beside these.
"""
