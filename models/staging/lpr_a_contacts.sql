{{ config(enabled=(lpr_delivered("3a") == "true")) }}

with
    delivered_contacts as (
        select
            *,
            cast(kont_starttidspunkt as date) as admission_date,
            -- over all rows in the order they lie in: a window a contact is four
            -- times slower
            lead(dw_ek_kontakt) over (
                order by
                    dw_ek_kontakt nulls first,
                    kont_indb_tidspunkt nulls first,
                    source_file nulls first
            ) as next_contact
        from {{ ref("lpr_a_kontakt") }}
        where
            dw_ek_kontakt is not null
            and pnr is not null
            and {{
                between_bounds(
                    "cast(kont_starttidspunkt as date)",
                    var("contacts_from"),
                    var("contacts_to"),
                )
            }}
            and {{ lpr3_counts("lprindberetningssystem") }}
    ),

    contacts as (
        select
            dw_ek_kontakt,
            pnr,
            '3a:' || dw_ek_kontakt as contact_id,
            cast(3 as smallint) as lpr_version,
            adiag as primary_diagnosis_raw,
            admission_date,
            cast(kont_sluttidspunkt as date) as discharge_date,
            kont_ans as hospital_code,
            kont_ans as department_code,
            kont_type as admission_type,
            case
                when prioritet is not null then upper(prioritet) = 'ATA1'
            end as is_acute,
            dw_ek_forloeb as course_id,
            kont_ans_hovedspec as main_specialty,
            false as is_replaced
        from delivered_contacts
        where next_contact is distinct from dw_ek_kontakt
    )

select *
from contacts
