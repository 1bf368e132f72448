{{ config(enabled=(lpr_delivered("3f") == "true")) }}

with
    reported_procedures as (
        select
            dw_ek_kontakt,
            'surgical' as procedure_class,
            upper(procedurekode) as procedure_code,
            dato_procedure as procedure_date,
            procedureart as procedure_kind,
            upper(supplerende_kode) as supplementary_code,
            producerende_enhed as performing_unit
        from {{ ref("lpr3_procedurer_kirurgi") }}
        union all
        select
            dw_ek_kontakt,
            'other' as procedure_class,
            upper(procedurekode) as procedure_code,
            dato_procedure as procedure_date,
            procedureart as procedure_kind,
            upper(supplerende_kode) as supplementary_code,
            producerende_enhed as performing_unit
        from {{ ref("lpr3_procedurer_andre") }}
    ),

    distinct_procedures as (
        select
            dw_ek_kontakt,
            procedure_class,
            procedure_code,
            procedure_date,
            procedure_kind,
            supplementary_code,
            performing_unit
        from reported_procedures
        where dw_ek_kontakt is not null and procedure_code is not null
        group by
            dw_ek_kontakt,
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
            -- LPR_A tells the contact instead, under a key of its own
            case
                when not contacts.is_replaced then contacts.contact_id
            end as contact_id,
            contacts.lpr_version
        from distinct_procedures
        inner join
            {{ ref("lpr3_contacts") }} as contacts
            on contacts.dw_ek_kontakt = distinct_procedures.dw_ek_kontakt
    )

select *
from procedures
