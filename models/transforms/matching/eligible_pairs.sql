{{ config(materialized="ephemeral") }}

{%- set window = var("matching_birth_window") -%}
{%- set parent_window = var("matching_parent_window") -%}
{%- set family_window = var("matching_family_window") -%}
{%- set width = [window // 4, 1] | max -%}
{%- set day = "cast(birth_date as int)" %}
with
    -- births fall into short stretches of days: a case looks into those that its
    -- window touches, so that pairs are found by equality
    cases as (
        select
            pnr,
            index_date,
            sex,
            birth_date,
            mother_birth_date,
            father_birth_date,
            exact_values,
            family_members,
            unnest(
                range(
                    cast(floor(({{ day }} - {{ window }}) / {{ width }}.0) as bigint),
                    cast(floor(({{ day }} + {{ window }}) / {{ width }}.0) as bigint)
                    + 1
                )
            ) as stretch
        from {{ ref("study_cases") }}
        where is_eligible
    ),

    controls as (
        select *, cast(floor({{ day }} / {{ width }}.0) as bigint) as stretch
        from {{ ref("risk_spells") }}
    ),

    eligible_pairs as (
        select
            cases.pnr as case_pnr,
            controls.pnr as control_pnr,
            cases.index_date,
            {{ days_between("cases.birth_date", "controls.birth_date") }}
            as birth_difference,
            {{ days_between("cases.mother_birth_date", "controls.mother_birth_date") }}
            as mother_birth_difference,
            {{ days_between("cases.father_birth_date", "controls.father_birth_date") }}
            as father_birth_difference
        from cases
        inner join
            controls
            on controls.stretch = cases.stretch
            and controls.exact_values = cases.exact_values
            {%- if var("matching_same_sex") %} and controls.sex = cases.sex {%- endif %}
        where
            controls.pnr <> cases.pnr
            and cases.index_date between controls.risk_from and controls.risk_to
            and abs({{ days_between("cases.birth_date", "controls.birth_date") }})
            <= {{ window }}
            {%- if parent_window is number %}
                {%- for parent in ["mother_birth_date", "father_birth_date"] %}
                    and (
                        (cases.{{ parent }} is null and controls.{{ parent }} is null)
                        or abs(
                            {{ days_between("cases." ~ parent, "controls." ~ parent) }}
                        )
                        <= {{ parent_window }}
                    )
                {%- endfor %}
            {%- endif %}
            {%- if family_window is number %}
                and (
                    cases.family_members is null
                    or abs(cases.family_members - controls.family_members)
                    <= {{ family_window }}
                )
            {%- endif %}
    )

select *
from eligible_pairs
