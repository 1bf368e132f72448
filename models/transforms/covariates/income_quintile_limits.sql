{%- set groups = "year, sex, age_band" -%}
with
    ranked_incomes as (
        select {{ groups }}, total_personal_income as amount
        from {{ ref("income_by_age") }}
        where
            total_personal_income is not null
            and sex is not null
            and age_band is not null
    ),

    group_sizes as (
        select {{ groups }}, count(*) as persons
        from ranked_incomes
        group by {{ groups }}
    ),

    -- how many of the group have this amount or less: equal amounts reach equally far
    shares as (
        select
            {{ groups }},
            amount,
            count(*) over (partition by {{ groups }} order by amount) as reached
        from ranked_incomes
    ),

    limits as (
        select
            shares.year,
            shares.sex,
            shares.age_band,
            max(group_sizes.persons) as persons
            {%- for fifth in [1, 2, 3, 4] %}
                ,
                min(shares.amount) filter (
                    where shares.reached * 5 >= group_sizes.persons * {{ fifth }}
                ) as limit_{{ fifth }}
            {%- endfor %}
        -- the few group sizes first: the join holds them, and the shares stream in
        -- their order
        from group_sizes
        inner join
            shares
            on group_sizes.year = shares.year
            and group_sizes.sex = shares.sex
            and group_sizes.age_band = shares.age_band
        group by shares.year, shares.sex, shares.age_band
    )

select *
from limits
