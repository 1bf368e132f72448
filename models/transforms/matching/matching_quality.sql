{%- set differences = [
    "birth_difference",
    "mother_birth_difference",
    "father_birth_difference",
] -%}
{%- set measures = [
    "cases",
    "matched_cases",
    "unmatched_cases",
    "matching_rate",
    "pairs",
    "mean_controls",
    "median_eligible_controls",
    "controls_available",
    "controls_used",
    "control_utilisation",
] -%}
{%- for controls in range(var("matching_ratio") + 1) -%}
    {%- do measures.append("cases_with_" ~ controls ~ "_controls") -%}
{%- endfor -%}
{%- for column in differences -%}
    {%- for kind in ["p25", "p50", "p75", "balance"] -%}
        {%- do measures.append(column ~ "_" ~ kind) -%}
    {%- endfor -%}
{%- endfor %}
with
    sets as (
        select
            count(*) as cases,
            count(*) filter (where controls > 0) as matched_cases,
            count(*) filter (where controls = 0) as unmatched_cases,
            median(cast(eligible_controls as double)) as median_eligible_controls
            {%- for controls in range(var("matching_ratio") + 1) %}
                ,
                count(*) filter (
                    where controls = {{ controls }}
                ) as cases_with_{{ controls }}_controls
            {%- endfor %}
        from {{ ref("matched_sets") }}
    ),

    available as (
        select count(*) as controls_available
        from (select pnr from {{ ref("risk_spells") }} group by pnr) as persons
    ),

    pairs as (
        select
            count(*) as pairs,
            count(distinct control_pnr) as controls_used
            {%- for column in differences %}
                {%- for share in [25, 50, 75] %}
                    ,
                    percentile_cont({{ share / 100 }}) within group (
                        order by cast(abs({{ column }}) as double)
                    ) as {{ column }}_p{{ share }}
                {%- endfor %},
                cast(sum({{ column }}) as double)
                / count({{ column }})
                / nullif(
                    sqrt(
                        {{
                            sample_variance(
                                "count(" ~ column ~ ")",
                                "sum(" ~ column ~ ")",
                                "sum(cast("
                                ~ column
                                ~ " as bigint) * cast("
                                ~ column
                                ~ " as bigint))",
                            )
                        }}
                    ),
                    0.0
                ) as {{ column }}_balance
            {%- endfor %}
        from {{ ref("matched_pairs") }}
    ),

    figures as (
        select
            *,
            cast(matched_cases as double) / nullif(cases, 0) as matching_rate,
            cast(pairs as double) / nullif(matched_cases, 0) as mean_controls,
            cast(controls_used as double)
            / nullif(controls_available, 0) as control_utilisation
        from sets
        cross join available
        cross join pairs
    ),

    matching_quality as (
        select
            cast(unnest(range(1, {{ measures | length + 1 }})) as int) as measure_no,
            unnest(make_array({{ quoted(measures) }})) as measure,
            round(
                unnest(
                    make_array(
                        {%- for measure in measures %}
                            cast({{ measure }} as double)
                            {%- if not loop.last %}, {% endif %}
                        {%- endfor %}
                    )
                ),
                6
            ) as value
        from figures
    )

select *
from matching_quality
