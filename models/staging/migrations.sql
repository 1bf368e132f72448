{%- set order = "period_end, source_file" -%}
with
    reported_events as (
        select
            vnds.pnr,
            vnds.haend_dato as event_date,
            codes.event_type,
            vnds.indud_land as country,
            vnds.period_end,
            vnds.source_file
        from {{ ref("vnds") }} as vnds
        left join
            {{ ref("migration_codes") }} as codes on codes.code = upper(vnds.indud_kode)
        where vnds.pnr is not null and vnds.haend_dato is not null
    ),

    events as (
        select
            pnr,
            event_date,
            event_type,
            {{ newest("country", order, fill=true) }} as country,
            max(period_end) as last_delivered
        from reported_events
        group by pnr, event_date, event_type
    )

select *
from events
