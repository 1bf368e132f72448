with
    children as (
        select persons.*
        from {{ ref("chosen_persons") }} as persons
        inner join
            {{ ref("chosen_families") }} as families
            on families.family_id = persons.family_id
        where persons.is_child and persons.is_resident
    ),

    points as (
        select mother_pnr as pnr, index_date
        from children
        where mother_resident
        union all
        select father_pnr as pnr, index_date
        from children
        where father_resident
    ),

    chosen_parents as ({{ parent_record_as_of("points") }})

select *
from chosen_parents
