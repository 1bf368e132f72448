{%- set variables = var("balance_categorical") %}
with
    known_values as (
        select
            persons.stage,
            persons.role,
            unnest(make_array({{ quoted(variables) }})) as variable,
            unnest(
                make_array(
                    {%- for variable in variables %}
                        cast(covariates.{{ variable }} as varchar)
                        {%- if not loop.last %}, {% endif %}
                    {%- endfor %}
                )
            ) as category
        from {{ ref("balance_persons") }} as persons
        inner join
            {{ ref("study_covariates") }} as covariates
            on covariates.pnr = persons.pnr
            and covariates.index_date = persons.index_date
    ),

    counts as (
        select
            stage,
            variable,
            category,
            count(*) filter (where role = 'case') as n_cases,
            count(*) filter (where role = 'control') as n_controls
        from known_values
        group by stage, variable, category
    ),

    shares as (
        select
            *,
            cast(n_cases as double) / nullif(known_cases, 0) as share_cases,
            cast(n_controls as double) / nullif(known_controls, 0) as share_controls
        from
            (
                select
                    *
                    {%- for role in ["cases", "controls"] %}
                        ,
                        cast(
                            sum(n_{{ role }}) over (
                                partition by stage, variable
                            ) as bigint
                        ) as {{ role }},
                        cast(
                            sum(
                                case
                                    when category is not null then n_{{ role }} else 0
                                end
                            ) over (partition by stage, variable) as bigint
                        ) as known_{{ role }}
                    {%- endfor %}
                from counts
            ) as totals
        where category is not null
    ),

    balance_categorical as (
        select
            stage,
            variable,
            category,
            cases,
            controls,
            known_cases,
            known_controls,
            {%- for role in ["cases", "controls"] %}
                round(
                    1.0 - cast(known_{{ role }} as double) / nullif({{ role }}, 0), 6
                ) as missing_{{ role }},
            {%- endfor %}
            n_cases,
            n_controls,
            round(share_cases, 6) as share_cases,
            round(share_controls, 6) as share_controls,
            round(
                {{
                    standardised_difference(
                        "share_cases",
                        "share_controls",
                        "share_cases * (1.0 - share_cases)",
                        "share_controls * (1.0 - share_controls)",
                    )
                }},
                6
            ) as smd
        from shares
    )

select *
from balance_categorical
