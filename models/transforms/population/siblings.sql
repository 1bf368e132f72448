with
    children as (
        select pnr, mother_pnr, birth_date, cast(birth_date as int) as birth_day
        from {{ ref("registered_persons") }}
        where mother_pnr is not null and birth_date is not null
    ),

    -- children of one day share their place, so that it does not hang on their numbers
    ordered_children as (
        select
            pnr,
            mother_pnr,
            birth_date,
            birth_day,
            rank() over (partition by mother_pnr order by birth_day) as birth_order,
            count(*) over (partition by mother_pnr, birth_day) as born_together,
            count(*) over (partition by mother_pnr) as mother_children,
            max(birth_day) over (
                partition by mother_pnr
                order by birth_day
                range between unbounded preceding and 1 preceding
            ) as previous_birth_day
        from children
    ),

    siblings as (
        select
            pnr,
            mother_pnr,
            birth_date,
            cast(birth_order as bigint) as birth_order,
            born_together,
            mother_children,
            (birth_day - previous_birth_day) / 365.25 as years_since_previous
        from ordered_children
    )

select *
from siblings
