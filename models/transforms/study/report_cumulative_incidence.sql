{%- set outcome = var("study_outcome") -%}
{%- if outcome not in ["death", "contact"] -%}
    {{
        exceptions.raise_compiler_error(
            "study_outcome '" ~ outcome ~ "' is unknown, use death or contact"
        )
    }}
{%- endif %}
with
    -- a person leaves on the day of the outcome, of a competing event, or unharmed
    leavers as (
        select
            role,
            {% if outcome == "death" %}
                follow_up_days as day, is_dead as has_outcome, false as has_competing
            {% else %}
                coalesce(
                    case
                        when next_contact_date <= follow_up_to
                        then {{ days_between("index_date", "next_contact_date") }}
                    end,
                    follow_up_days
                ) as day,
                coalesce(next_contact_date <= follow_up_to, false) as has_outcome,
                is_dead
                and not coalesce(
                    next_contact_date <= follow_up_to, false
                ) as has_competing
            {% endif %}
        from {{ ref("study_persons") }}
    ),

    days as (
        select
            role,
            day,
            count(*) filter (where has_outcome) as outcomes,
            count(*) filter (where has_outcome or has_competing) as events,
            sum(count(*)) over (partition by role)
            - sum(count(*)) over (partition by role order by day)
            + count(*) as at_risk
        from leavers
        group by role, day
    ),

    -- the share that was free of any event until the day before
    survivors as (
        select
            *,
            exp(
                coalesce(
                    sum(ln(1.0 - cast(events as double) / at_risk)) over (
                        partition by role
                        order by day
                        rows between unbounded preceding and 1 preceding
                    ),
                    0.0
                )
            ) as free_before
        from days
    ),

    incidences as (
        select
            role,
            day,
            sum(outcomes) over by_day as outcomes,
            sum(free_before * outcomes / at_risk) over by_day as incidence
        from survivors
        window by_day as (partition by role order by day rows unbounded preceding)
    ),

    at_risk as (
        select role, year, count(*) as n_at_risk
        from
            (
                select
                    role,
                    unnest(range(0, cast(floor(day / 365.25) as bigint) + 1)) as year
                from leavers
            ) as years
        group by role, year
    ),

    report_cumulative_incidence as (
        select
            at_risk.role,
            cast(at_risk.year as int) as years,
            at_risk.n_at_risk,
            cast(coalesce(max(incidences.outcomes), 0) as bigint) as n_outcomes,
            round(coalesce(max(incidences.incidence), 0.0), 6) as cumulative_incidence
        from at_risk
        left join
            incidences
            on incidences.role = at_risk.role
            and incidences.day <= at_risk.year * 365.25
        group by at_risk.role, at_risk.year, at_risk.n_at_risk
    )

select *
from report_cumulative_incidence
