{{ config(enabled=(lpr_delivered("3f") == "true")) }}

with
    delivered_contacts as (
        select
            *,
            lead(dw_ek_kontakt) over (
                partition by dw_ek_kontakt
                order by dato_indberetning nulls first, source_file nulls first
            ) as next_delivery
        from {{ ref("lpr3_kontakter") }}
        where
            dw_ek_kontakt is not null
            and cpr is not null
            and {{ between_bounds("dato_start", var("contacts_from"), var("contacts_to")) }}
            {% if lpr_delivered("2") == "true" %}
                -- migrated history is already there as version 2
                and (
                    lprindberetningssystem is null
                    or upper(lprindberetningssystem)
                    in ({{ quoted(var("lpr3_reporting_systems"), upper=true) }})
                )
            {% endif %}
    ),

    contacts as (
        select
            dw_ek_kontakt,
            cpr as pnr,
            '3:' || dw_ek_kontakt as contact_id,
            cast(3 as smallint) as lpr_version,
            aktionsdiagnose as primary_diagnosis_raw,
            dato_start as admission_date,
            dato_slut as discharge_date,
            sorenhed_ans as hospital_code,
            sorenhed_ans as department_code,
            kontakttype as admission_type,
            case
                when prioritet is not null then upper(prioritet) = 'ATA1'
            end as is_acute,
            dw_ek_forloeb as course_id
        from delivered_contacts
        where next_delivery is null
    )

select *
from contacts
