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

    -- yyww; the zeros that a number has lost come back
    weekly_services as (
        select
            *,
            try_cast(substr(lpad(honuge, 4, '0'), 1, 2) as int) as year_code,
            try_cast(substr(lpad(honuge, 4, '0'), 3, 2) as int) as week_number
        from delivered_services
        where pnr is not null
    ),

    dated_services as (
        select
            *,
            case
                when
                    regexp_like(honuge, '^[0-9]{1,4}$') and week_number between 1 and 53
                then
                    make_date(
                        case
                            when year_code >= 90
                            then 1900 + year_code
                            else 2000 + year_code
                        end,
                        1,
                        4
                    )
            end as fourth_of_january
        from weekly_services
    ),

    services as (
        select
            pnr,
            -- week 1 is the one that 4 January lies in (ISO 8601)
            {{ add_days(monday_of("fourth_of_january"), "7 * (week_number - 1)") }}
            as week_start,
            speciale as specialty_code,
            case barnmak when 1 then true when 0 then false end as is_for_child,
            ydlant as n_services,
            ydernr as provider_id,
            bruhon as gross_fee,
            register
        from dated_services
    )

select *
from services
