"""Builders of small honest values: nodes, graphs, settings, projects and raw files. No mocks."""

from tests.support.builders import (
    AT,
    as_relation,
    edges,
    make_data_test,
    make_graph,
    make_macro_test,
    make_model,
    make_seed,
    make_settings,
    make_source,
    make_unit_test,
    rows,
)
from tests.support.projects import REPOSITORY, SHOP, run_ids, tiny_config, tiny_project, write_parquet

__all__ = [
    "AT",
    "REPOSITORY",
    "SHOP",
    "as_relation",
    "edges",
    "make_data_test",
    "make_graph",
    "make_macro_test",
    "make_model",
    "make_seed",
    "make_settings",
    "make_source",
    "make_unit_test",
    "rows",
    "run_ids",
    "tiny_config",
    "tiny_project",
    "write_parquet",
]
