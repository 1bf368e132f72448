with
    figures as (
        select
            1 as step_no,
            'population' as step,
            step as measure,
            cast(n_after as double) as value
        from {{ ref("population_attrition") }}
        union all
        select
            2 as step_no,
            'disease' as step,
            'children_with_scd' as measure,
            cast(count(*) as double) as value
        from {{ ref("population_scd") }}
        where is_scd
        union all
        select
            3 as step_no,
            'cases' as step,
            coalesce(exclusion, 'eligible') as measure,
            cast(count(*) as double) as value
        from {{ ref("study_cases") }}
        group by exclusion
        union all
        select 4 as step_no, 'matching' as step, measure, value
        from {{ ref("matching_quality") }}
        {%- for measure in [
                "covariates",
                "not_compared",
                "imbalanced",
                "max_smd",
                "mean_smd",
            ] %}
            union all
            select
                5 as step_no,
                'balance' as step,
                '{{ measure }}_' || stage as measure,
                cast({{ measure }} as double) as value
            from {{ ref("balance_summary") }}
        {%- endfor %}
        union all
        select
            6 as step_no,
            'follow_up' as step,
            role || '_persons' as measure,
            cast(count(*) as double) as value
        from {{ ref("study_persons") }}
        group by role
        union all
        select
            6 as step_no,
            'follow_up' as step,
            role || '_days' as measure,
            cast(sum(follow_up_days) as double) as value
        from {{ ref("study_persons") }}
        group by role
        {%- for report in [
                "age_pyramid",
                "attrition",
                "balance",
                "cumulative_incidence",
            ] %}
            union all
            select
                7 as step_no,
                'reports' as step,
                '{{ report }}_rows' as measure,
                cast(count(*) as double) as value
            from {{ ref("report_" ~ report) }}
        {%- endfor %}
    ),

    study_design as (
        select cast(step_no as int) as step_no, step, measure, value from figures
    )

select *
from study_design
