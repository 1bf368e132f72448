with
    delivered_services as (
        select
            pnr, honuge, speciale, barnmak, ydlant, ydernr, bruhon, 'SYSI' as register
        from {{ ref("sysi") }}
        where
            period_end is null
            or {{ year_of("period_end") }} <= {{ var("sysi_last_year") }}
        union all
        select
            pnr, honuge, speciale, barnmak, ydlant, ydernr, bruhon, 'SSSY' as register
        from {{ ref("sssy") }}
        where
            period_end is null
            or {{ year_of("period_end") }} > {{ var("sysi_last_year") }}
    ),

    services as (
        select
            pnr,
            {{ monday_of_week("honuge") }} as week_start,
            speciale as specialty_code,
            case barnmak when 1 then true when 0 then false end as is_for_child,
            ydlant as n_services,
            ydernr as provider_id,
            bruhon as gross_fee,
            register
        from delivered_services
        where pnr is not null
    )

select *
from services
