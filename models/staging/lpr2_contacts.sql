{{ config(enabled=(lpr_delivered("2") == "true")) }}

with
    delivered_contacts as (
        select
            *,
            -- over all rows in the order they lie in: a window a contact is four
            -- times slower
            lead(recnum) over (
                order by
                    recnum nulls first, period_end nulls first, source_file nulls first
            ) as next_contact
        from {{ ref("lpr_adm") }}
        where
            recnum is not null
            and pnr is not null
            and
            {{ between_bounds("d_inddto", var("contacts_from"), var("contacts_to")) }}
    ),

    contacts as (
        select
            recnum,
            pnr,
            '2:' || recnum as contact_id,
            cast(2 as smallint) as lpr_version,
            c_adiag as primary_diagnosis_raw,
            d_inddto as admission_date,
            d_uddto as discharge_date,
            c_sgh as hospital_code,
            c_afd as department_code,
            c_pattype as admission_type,
            case c_indm when '1' then true when '2' then false end as is_acute,
            cast(null as varchar) as course_id,
            c_spec as main_specialty,
            false as is_replaced
        from delivered_contacts
        where next_contact is distinct from recnum
    )

select *
from contacts
