{{ config(enabled=(lpr_delivered("2") == "true")) }}

with
    visit_dates as (
        select recnum, d_ambdto as visit_date
        from {{ ref("lpr_bes") }}
        where recnum is not null and d_ambdto is not null
        group by recnum, d_ambdto
    ),

    visits as (
        select
            contacts.pnr,
            contacts.contact_id,
            visit_dates.visit_date,
            cast(
                row_number() over (
                    partition by visit_dates.recnum
                    order by visit_dates.visit_date nulls first
                ) as bigint
            ) as visit_no
        from visit_dates
        inner join
            {{ ref("lpr2_contacts") }} as contacts
            on contacts.recnum = visit_dates.recnum
    )

select *
from visits
