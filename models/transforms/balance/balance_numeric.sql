{%- set variables = var("balance_numeric") -%}
{%- set least_known = var("balance_min_observations") %}
with
    known_values as (
        select
            persons.stage,
            persons.role,
            unnest(make_array({{ quoted(variables) }})) as variable,
            unnest(
                make_array(
                    {%- for variable in variables %}
                        cast(covariates.{{ variable }} as decimal(18, 4))
                        {%- if not loop.last %}, {% endif %}
                    {%- endfor %}
                )
            ) as value
        from {{ ref("balance_persons") }} as persons
        inner join
            {{ ref("study_covariates") }} as covariates
            on covariates.pnr = persons.pnr
            and covariates.index_date = persons.index_date
    ),

    sums as (
        select
            stage,
            variable
            {%- for role in ["case", "control"] %}
                {%- set of_role = "filter (where role = '" ~ role ~ "')" %},
                count(*) {{ of_role }} as {{ role }}s,
                count(value) {{ of_role }} as known_{{ role }}s,
                sum(value) {{ of_role }} as total_{{ role }}s,
                sum(value * value) {{ of_role }} as squares_{{ role }}s
            {%- endfor %}
        from known_values
        group by stage, variable
    ),

    moments as (
        select
            *,
            least(known_cases, known_controls) >= {{ least_known }} as is_compared
            {%- for role in ["cases", "controls"] %}
                ,
                cast(total_{{ role }} as double)
                / nullif(known_{{ role }}, 0) as mean_{{ role }},
                {{
                    sample_variance(
                        "known_" ~ role, "total_" ~ role, "squares_" ~ role
                    )
                }} as variance_{{ role }},
                1.0
                - cast(known_{{ role }} as double)
                / nullif({{ role }}, 0) as missing_{{ role }}
            {%- endfor %}
        from sums
    ),

    balance_numeric as (
        select
            stage,
            variable,
            cases,
            controls,
            known_cases,
            known_controls,
            round(missing_cases, 6) as missing_cases,
            round(missing_controls, 6) as missing_controls,
            round(mean_cases, 6) as mean_cases,
            round(mean_controls, 6) as mean_controls,
            round(sqrt(variance_cases), 6) as sd_cases,
            round(sqrt(variance_controls), 6) as sd_controls,
            case
                when is_compared
                then
                    round(
                        {{
                            standardised_difference(
                                "mean_cases",
                                "mean_controls",
                                "variance_cases",
                                "variance_controls",
                            )
                        }},
                        6
                    )
            end as smd,
            case
                when is_compared
                then round(variance_cases / nullif(variance_controls, 0.0), 6)
            end as variance_ratio
        from moments
    )

select *
from balance_numeric
