{%- set types = ["two_parents", "single_mother", "single_father", "no_parent"] -%}
{%- set groups = [
    ("families", "n_children > 0"),
    ("case_families", "is_eligible_case"),
    ("control_families", "is_eligible_control"),
] -%}
{%- set counts = [
    ("families", "true"),
    ("families_with_children", "n_children > 0"),
    (
        "two_parent_families",
        "n_children > 0 and family_type = 'two_parents'",
    ),
    ("scd_families", "has_scd_child"),
    ("eligible_case_families", "is_eligible_case"),
    ("eligible_control_families", "is_eligible_control"),
] -%}
{%- set measures = ["individuals", "children"] -%}
{%- set shares = ["null", "null"] -%}
{%- for name, rows in counts -%}
    {%- do measures.append(name) -%} {%- do shares.append("null") -%}
{%- endfor -%}
{%- for group, rows in groups -%}
    {%- for type in types -%}
        {%- do measures.append(group ~ "_" ~ type) -%}
        {%- do shares.append(
            "100.0 * "
            ~ group
            ~ "_"
            ~ type
            ~ " / nullif(n_"
            ~ group
            ~ ", 0)"
        ) -%}
    {%- endfor -%}
{%- endfor -%}
{%- for name in [
    "scd_children",
    "children_per_case_family",
    "children_per_control_family",
    "control_to_case_ratio",
] -%}
    {%- do measures.append(name) -%} {%- do shares.append("null") -%}
{%- endfor %}
with
    persons as (select count(*) as individuals from {{ ref("chosen_persons") }}),

    families as (
        select
            coalesce(sum(n_children), 0) as children,
            coalesce(
                sum(n_scd_children) filter (where is_eligible_case), 0
            ) as scd_children,
            avg(n_children) filter (where is_eligible_case) as children_per_case_family,
            avg(n_children) filter (
                where is_eligible_control
            ) as children_per_control_family,
            cast(count(*) filter (where is_eligible_control) as double) / nullif(
                count(*) filter (where is_eligible_case), 0
            ) as control_to_case_ratio
            {%- for name, rows in counts %}
                , count(*) filter (where {{ rows }}) as {{ name }}
            {%- endfor %}
            {%- for group, rows in groups %}
                ,
                count(*) filter (where {{ rows }}) as n_{{ group }}
                {%- for type in types %}
                    ,
                    count(*) filter (
                        where {{ rows }} and family_type = '{{ type }}'
                    ) as {{ group }}_{{ type }}
                {%- endfor %}
            {%- endfor %}
        from {{ ref("chosen_families") }}
    ),

    figures as (
        select
            unnest(range(1, {{ measures | length + 1 }})) as measure_no,
            unnest(make_array({{ quoted(measures) }})) as measure,
            unnest(
                make_array(
                    {%- for measure in measures %}
                        cast({{ measure }} as double) {{- "" if loop.last else "," }}
                    {%- endfor %}
                )
            ) as value,
            unnest(
                make_array(
                    {%- for share in shares %}
                        cast({{ share }} as double) {{- "" if loop.last else "," }}
                    {%- endfor %}
                )
            ) as percentage
        from persons
        cross join families
    ),

    statistics as (
        select
            cast(measure_no as int) as measure_no,
            measure,
            round(value, 6) as value,
            round(percentage, 2) as percentage
        from figures
    )

select *
from statistics
