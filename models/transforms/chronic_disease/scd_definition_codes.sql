{{ config(enabled=(var("scd_definitions") | length > 1)) }}

with
    differing_persons as (
        select
            pnr,
            definition_a,
            definition_b,
            case when in_a then definition_a else definition_b end as only_in
        from {{ ref("scd_definition_differences") }}
    ),

    -- four characters of a code decide the entry of the list, and with it the category
    codes_of_persons as (
        select
            differing_persons.pnr,
            differing_persons.definition_a,
            differing_persons.definition_b,
            differing_persons.only_in,
            substr(diagnoses.diagnosis_code, 1, 4) as code,
            min(diagnoses.prefix) as prefix,
            count(*) as n_diagnoses
        from differing_persons
        inner join
            {{ ref("scd_diagnoses") }} as diagnoses
            on diagnoses.pnr = differing_persons.pnr
            and diagnoses.definition = differing_persons.only_in
        group by
            differing_persons.pnr,
            differing_persons.definition_a,
            differing_persons.definition_b,
            differing_persons.only_in,
            substr(diagnoses.diagnosis_code, 1, 4)
    ),

    weighed_codes as (
        select
            *,
            count(*) over (
                partition by pnr, definition_a, definition_b
            ) as codes_of_the_person
        from codes_of_persons
    ),

    responsible_codes as (
        select
            definition_a,
            definition_b,
            only_in,
            code,
            min(prefix) as prefix,
            count(*) as n_persons,
            count(*) filter (where codes_of_the_person = 1) as n_persons_alone,
            sum(n_diagnoses) as n_diagnoses
        from weighed_codes
        group by definition_a, definition_b, only_in, code
    ),

    scd_definition_codes as (
        select
            responsible_codes.*,
            listed.category,
            listed.label_en,
            listed.label_da,
            listed.code_text_da as prefix_text_da
        from responsible_codes
        inner join
            {{ ref("scd_codes") }} as listed
            on listed.definition = responsible_codes.only_in
            and listed.prefix = responsible_codes.prefix
    )

select *
from scd_definition_codes
