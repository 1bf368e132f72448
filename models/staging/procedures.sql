{{ config(enabled=(lpr_delivered("2") == "true" or lpr_delivered("3f") == "true")) }}

{%- set columns -%}
    pnr,
    contact_id,
    procedure_date,
    procedure_code,
    procedure_class,
    procedure_kind,
    supplementary_code,
    performing_unit,
    lpr_version
{%- endset %}

with
    procedures as ({{ from_lpr_versions("procedures", columns, versions=["2", "3f"]) }})

select *
from procedures
