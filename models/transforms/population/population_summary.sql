{%- set first_day = var("birth_year_from") ~ "-01-01" -%}
{%- set last_day = var("birth_year_to") ~ "-12-31" -%}
{%- set metrics = [
    "total_bef_records",
    "bef_missing_father",
    "bef_missing_mother",
    "total_mfr_records",
    "mfr_missing_father",
    "mfr_missing_mother",
    "total_combined_records",
    "combined_missing_father",
    "combined_missing_mother",
    "records_only_in_bef",
    "records_only_in_mfr",
] %}
with
    bef_rows as (
        select
            count(*) as total_bef_records,
            count(*) - count(father_pnr) as bef_missing_father,
            count(*) - count(mother_pnr) as bef_missing_mother
        from {{ ref("residents") }}
        where {{ between_bounds("birth_date", first_day, last_day) }}
    ),

    mfr_rows as (
        select
            count(*) as total_mfr_records,
            count(*) - count(father_pnr) as mfr_missing_father,
            count(*) - count(mother_pnr) as mfr_missing_mother
        from {{ ref("mfr_children") }}
    ),

    combined_rows as (
        select
            count(*) as total_combined_records,
            count(*) - count(father_pnr) as combined_missing_father,
            count(*) - count(mother_pnr) as combined_missing_mother,
            count(*) filter (where not in_mfr) as records_only_in_bef,
            count(*) filter (where not in_bef) as records_only_in_mfr
        from {{ ref("population") }}
    ),

    metrics as (
        select
            unnest(make_array({{ quoted(metrics) }})) as metric,
            unnest(make_array({{ metrics | join(", ") }})) as value
        from bef_rows
        cross join mfr_rows
        cross join combined_rows
    )

select *
from metrics
