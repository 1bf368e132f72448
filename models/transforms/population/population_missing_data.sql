{%- set columns = [
    "pnr",
    "birth_date",
    "father_pnr",
    "father_birth_date",
    "mother_pnr",
    "mother_birth_date",
    "family_id",
] %}
with
    cells as (
        {%- for column in columns %}
            select '{{ column }}' as column_name, {{ column }} is null as is_missing
            from {{ ref("population") }} {{ "" if loop.last else "union all" }}
        {%- endfor %}
    ),

    counts as (
        select
            column_name,
            count(*) as children,
            count(*) filter (where is_missing) as missing
        from cells
        group by column_name
    ),

    shares as (
        select column_name, missing, round(100.0 * missing / children, 2) as percentage
        from counts
    )

select *
from shares
