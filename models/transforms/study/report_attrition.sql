{%- set reasons = [
    ["no_index_date", "date_known", "with a known date of the disease"],
    ["before_birth", "born", "with a date not before the birth"],
    ["before_study", "from_study_start", "with a date not before the study"],
    ["after_study", "to_study_end", "with a date not after the study"],
    ["not_resident", "resident", "alive and resident on that date"],
    ["parents_unknown", "parents_known", "with parents as required"],
] %}
with
    population_steps as (
        select step_no, step, rule, n_before, n_after
        from {{ ref("population_attrition") }}
    ),

    last_step as (
        select
            max(step_no) as step_no,
            max(n_after) filter (where step = 'population') as n
        from population_steps
    ),

    reasons as (
        select
            count(*) as cases
            {%- for reason, step, rule in reasons %}
                , count(*) filter (where exclusion = '{{ reason }}') as {{ reason }}
            {%- endfor %}
        from {{ ref("study_cases") }}
    ),

    sets as (
        select count(*) filter (where controls = 0) as unmatched
        from {{ ref("matched_sets") }}
    ),

    losses as (
        select
            unnest(range(1, {{ reasons | length + 3 }})) as loss_no,
            unnest(
                make_array(
                    'severe_chronic_disease',
                    {%- for reason, step, rule in reasons %}
                        '{{ step }}',
                    {%- endfor %} 'matched'
                )
            ) as step,
            unnest(
                make_array(
                    'with severe chronic disease',
                    {%- for reason, step, rule in reasons %}
                        '{{ rule }}',
                    {%- endfor %} 'with at least one control'
                )
            ) as rule,
            unnest(
                make_array(
                    last_step.n - reasons.cases,
                    {%- for reason, step, rule in reasons %}
                        reasons.{{ reason }},
                    {%- endfor %} sets.unmatched
                )
            ) as n_lost,
            last_step.step_no as steps,
            last_step.n as persons
        from last_step
        cross join reasons
        cross join sets
    ),

    case_steps as (
        select
            cast(steps + loss_no as int) as step_no,
            step,
            rule,
            persons - sum(n_lost) over so_far + n_lost as n_before,
            persons - sum(n_lost) over so_far as n_after
        from losses
        window so_far as (order by loss_no rows unbounded preceding)
    ),

    report_attrition as (
        select *, n_before - n_after as n_excluded
        from
            (
                select *
                from population_steps
                union all
                select *
                from case_steps
            ) as steps
    )

select *
from report_attrition
