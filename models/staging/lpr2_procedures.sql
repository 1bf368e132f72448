{{ config(enabled=(lpr_delivered("2") == "true")) }}

with
    reported_procedures as (
        select
            recnum,
            'surgical' as procedure_class,
            upper(c_opr) as procedure_code,
            d_odto as procedure_date,
            c_oprart as procedure_kind,
            upper(c_tilopr) as supplementary_code,
            c_osgh as performing_unit
        from {{ ref("lpr_sksopr") }}
        union all
        select
            recnum,
            'other' as procedure_class,
            upper(c_opr) as procedure_code,
            d_odto as procedure_date,
            c_oprart as procedure_kind,
            upper(c_tilopr) as supplementary_code,
            c_osgh as performing_unit
        from {{ ref("lpr_sksube") }}
    ),

    distinct_procedures as (
        select
            recnum,
            procedure_class,
            procedure_code,
            procedure_date,
            procedure_kind,
            supplementary_code,
            performing_unit
        from reported_procedures
        where recnum is not null and procedure_code is not null
        group by
            recnum,
            procedure_class,
            procedure_code,
            procedure_date,
            procedure_kind,
            supplementary_code,
            performing_unit
    ),

    procedures as (
        select
            distinct_procedures.*,
            contacts.pnr,
            contacts.contact_id,
            contacts.lpr_version
        from distinct_procedures
        inner join
            {{ ref("lpr2_contacts") }} as contacts
            on contacts.recnum = distinct_procedures.recnum
    )

select *
from procedures
