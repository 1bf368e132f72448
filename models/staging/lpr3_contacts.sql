{{ config(enabled=(lpr_delivered("3f") == "true")) }}

with
    delivered_contacts as (
        select
            *,
            -- over all rows in the order they lie in: a window a contact is four
            -- times slower
            lead(dw_ek_kontakt) over (
                order by
                    dw_ek_kontakt nulls first,
                    dato_indberetning nulls first,
                    source_file nulls first
            ) as next_contact
        from {{ ref("lpr3_kontakter") }}
        where
            dw_ek_kontakt is not null
            and cpr is not null
            and
            {{ between_bounds("dato_start", var("contacts_from"), var("contacts_to")) }}
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
        where next_contact is distinct from dw_ek_kontakt
    )

select *
from contacts
