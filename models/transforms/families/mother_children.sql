with
    records as (
        select mother_pnr, pnr, birth_date, snapshot_date as known_on
        from {{ ref("residents") }}
        where mother_pnr is not null and birth_date is not null
        union all
        select mother_pnr, pnr, birth_date, birth_date as known_on
        from {{ ref("births") }}
        where mother_pnr is not null and birth_date is not null
    ),

    mother_children as (
        select
            mother_pnr,
            pnr,
            first_value(birth_date order by known_on, birth_date) as birth_date,
            min(known_on) as known_from
        from records
        group by mother_pnr, pnr
    )

select *
from mother_children
