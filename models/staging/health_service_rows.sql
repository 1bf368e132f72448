{{ config(materialized="view") }}

with
    delivered_services as (
        select pnr, honuge, speciale, barnmak, 'SYSI' as register
        from {{ ref("sysi") }}
        union all
        select pnr, honuge, speciale, barnmak, 'SSSY' as register
        from {{ ref("sssy") }}
    ),

    services as (
        select
            pnr,
            {{ monday_of_week("honuge") }} as week_start,
            speciale as specialty_code,
            case barnmak when 1 then true when 0 then false end as is_for_child,
            register
        from delivered_services
        where pnr is not null
    )

select *
from services
