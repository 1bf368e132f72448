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
            and {{ lpr3_counts("lprindberetningssystem") }}
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
            dw_ek_forloeb as course_id,
            hovedspeciale_ans as main_specialty,
            {% if lpr_delivered("3a") == "true" %}
                -- without a start date nothing shows that LPR_A lacks the contact
                coalesce(
                    dato_start between (
                        select min(admission_date) from {{ ref("lpr_a_contacts") }}
                    ) and (select max(admission_date) from {{ ref("lpr_a_contacts") }}),
                    (select max(admission_date) from {{ ref("lpr_a_contacts") }})
                    is not null
                ) as is_replaced
            {% else %} false as is_replaced
            {% endif %}
        from delivered_contacts
        where next_contact is distinct from dw_ek_kontakt
    )

select *
from contacts
