{{ config(materialized="view") }}

{%- set registers = {
    "2": {
        "diagnoses": "lpr_diag",
        "contacts": "lpr_adm",
        "key": "recnum",
        "person": "pnr",
        "start": "d_inddto",
        "type": "c_diagtype",
        "code": "c_diag",
        "specialty": "c_spec",
    },
    "3f": {
        "diagnoses": "lpr3_diagnoser",
        "contacts": "lpr3_kontakter",
        "key": "dw_ek_kontakt",
        "person": "cpr",
        "start": "dato_start",
        "type": "diagnosetype",
        "code": "diagnosekode",
        "specialty": "hovedspeciale_ans",
    },
    "3a": {
        "diagnoses": "lpr_a_diagnose",
        "contacts": "lpr_a_kontakt",
        "key": "dw_ek_kontakt",
        "person": "pnr",
        "start": "kont_starttidspunkt",
        "type": "diag_kode_type",
        "code": "diag_kode",
        "specialty": "kont_ans_hovedspec",
    },
} -%}
with
    diagnosis_rows as (
        {%- for version, names in registers.items() if lpr_delivered(version) == "true" %}
            {%- set start = "cast(contacts." ~ names.start ~ " as date)" %}
            select
                contacts.{{ names.person }} as pnr,
                {{ start }} as contact_date,
                diagnoses.{{ names.code }} as diagnosis_code_raw,
                diagnoses.{{ names.type }} as diagnosis_type,
                {% if version == "2" %}
                    cast(null as varchar) as later_disproved,
                    cast(null as varchar) as reporting_system,
                {% else %}
                    diagnoses.senere_afkraeftet as later_disproved,
                    contacts.lprindberetningssystem as reporting_system,
                {% endif %}
                contacts.{{ names.specialty }} as main_specialty,
                cast({{ version[0] }} as smallint) as lpr_version
            from {{ ref(names.diagnoses) }} as diagnoses
            inner join
                {{ ref(names.contacts) }} as contacts
                on contacts.{{ names.key }} = diagnoses.{{ names.key }}
            where
                contacts.{{ names.person }} is not null
                and
                {{ between_bounds(start, var("contacts_from"), var("contacts_to")) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    )

select *
from diagnosis_rows
