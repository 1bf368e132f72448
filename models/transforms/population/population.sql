with
    population as (
        select
            children.pnr,
            children.birth_date,
            children.father_pnr,
            fathers.birth_date as father_birth_date,
            children.mother_pnr,
            mothers.birth_date as mother_birth_date,
            children.family_id,
            children.in_bef,
            children.in_mfr
        from {{ ref("children") }} as children
        left join {{ ref("parents") }} as fathers on fathers.pnr = children.father_pnr
        left join {{ ref("parents") }} as mothers on mothers.pnr = children.mother_pnr
        where children.birth_date is not null
    )

select *
from population
