with
    positions as (
        select
            akm.pnr,
            {{ year_of("akm.period_end") }} as year,
            akm.period_end,
            akm.socio,
            akm.socio02,
            akm.socio13,
            socio13.employment_group,
            akm.senr as employer_id
        from {{ ref("akm") }} as akm
        left join {{ ref("socio13") }} as socio13 on socio13.code = akm.socio13
    )

select *
from positions
