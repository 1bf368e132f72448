with
    named_parents as (
        select father_pnr as pnr
        from {{ ref("children") }}
        where father_pnr is not null
        union all
        select mother_pnr as pnr
        from {{ ref("children") }}
        where mother_pnr is not null
    ),

    parents as (
        select persons.pnr, persons.birth_date
        from {{ ref("persons") }} as persons
        where
            persons.birth_date is not null
            and persons.pnr in (select named_parents.pnr from named_parents)
    )

select *
from parents
