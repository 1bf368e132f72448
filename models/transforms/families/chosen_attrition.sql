{%- set steps = population_steps() -%}
with
    persons as (
        select
            count(*) as registered
            {%- for step, rule, condition in steps %}
                , count(*) filter (where excluded_by = '{{ step }}') as n_{{ step }}
            {%- endfor %}
        from {{ ref("persons_on_date") }}
    ),

    chosen as (select count(*) as chosen from {{ ref("chosen_persons") }}),

    losses as (
        select
            unnest(range(1, {{ steps | length + 3 }})) as step_no,
            unnest(
                make_array(
                    'registered',
                    {%- for step, rule, condition in steps %}
                        '{{ step }}',
                    {%- endfor %}
                    'chosen'
                )
            ) as step,
            unnest(
                make_array(
                    'in a register on {{ var("population_date") }}',
                    {%- for step, rule, condition in steps %}
                        {{ literal(rule) }},
                    {%- endfor %} 'persons of the chosen population'
                )
            ) as rule,
            unnest(
                make_array(
                    cast(0 as bigint),
                    {%- for step, rule, condition in steps %}
                        persons.n_{{ step }}, {%- endfor %} cast(0 as bigint)
                )
            ) as n_lost,
            persons.registered,
            chosen.chosen
        from persons
        cross join chosen
    ),

    counted_steps as (
        select
            cast(step_no as int) as step_no,
            step,
            rule,
            registered - sum(n_lost) over so_far + n_lost as n_before,
            case
                when step = 'chosen'
                then chosen
                else registered - sum(n_lost) over so_far
            end as n_after
        from losses
        window so_far as (order by step_no rows unbounded preceding)
    ),

    attrition as (select *, n_before - n_after as n_excluded from counted_steps)

select *
from attrition
